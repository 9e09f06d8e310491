"""Instruments, factors and full revaluation."""
