"""Figures: a table in, a figure out; usable in notebooks as they are."""
