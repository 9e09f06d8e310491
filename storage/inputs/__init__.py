"""Input files."""

from storage.errors import InputRefusedError
from storage.inputs.reader import ReadInput, inspect_input, read_input, typed_rows
from storage.inputs.source import InputSource

__all__ = [
    "InputRefusedError",
    "InputSource",
    "ReadInput",
    "inspect_input",
    "read_input",
    "typed_rows",
]
