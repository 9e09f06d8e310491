"""Tables, stores, checks: what comes in, what goes out, what was refused."""
