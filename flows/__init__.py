"""The night: job spec, run ledger, tasks, flows, command line."""
