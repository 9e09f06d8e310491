"""Sections of the report: tables in, what to show out."""
