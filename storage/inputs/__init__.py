"""Input files."""

from storage.errors import InputRefusedError
from storage.inputs.reader import ReadInput, inspect_input, read_input, typed_rows
from storage.inputs.source import DateOrder, InputSource

__all__ = [
    "DateOrder",
    "InputRefusedError",
    "InputSource",
    "ReadInput",
    "inspect_input",
    "read_input",
    "typed_rows",
]
