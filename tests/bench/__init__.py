"""Benchmarks: every figure a ratio measured in one run, against a peer or a limit."""
