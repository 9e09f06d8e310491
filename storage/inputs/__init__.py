"""Input files."""

from storage.errors import InputRefusedError
from storage.inputs.plain_text import plain_files
from storage.inputs.reader import ReadInput, inspect_input, read_input, typed_rows
from storage.inputs.source import DateOrder, InputSource, Thousands

__all__ = [
    "DateOrder",
    "InputRefusedError",
    "InputSource",
    "ReadInput",
    "Thousands",
    "inspect_input",
    "plain_files",
    "read_input",
    "typed_rows",
]
