"""Input files."""

from storage.errors import InputRefusedError
from storage.inputs.reader import ReadInput, inspect_input, read_input
from storage.inputs.source import InputSource

__all__ = ["InputRefusedError", "InputSource", "ReadInput", "inspect_input", "read_input"]
