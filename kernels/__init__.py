"""Numerics: one scalar function is the truth of each recursion."""
