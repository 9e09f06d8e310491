"""Benchmarks: each script prints its table and writes it to records/."""
