"""The steps of a night, as plain functions that tasks call."""
