"""Input files."""

from storage.errors import InputRefusedError
from storage.inputs.reader import ReadInput, inspect_input, query_input, read_input
from storage.inputs.source import DateOrder, InputSource, Thousands

__all__ = [
    "DateOrder",
    "InputRefusedError",
    "InputSource",
    "ReadInput",
    "Thousands",
    "inspect_input",
    "query_input",
    "read_input",
]
