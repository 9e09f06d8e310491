"""Measures of a sample of losses."""
