"""The files of an input one by one, so that what is wrong with any is told with the others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.plain_text import LineEndsError
from storage.inputs.source import InputSource

# Files of which it is told why they are refused; of more it is told how many.
MOST_TOLD = 10
_Read = TypeVar("_Read")


def of_each_file(source: InputSource, read: Callable[[InputSource, int], _Read]) -> list[_Read]:
    """Return what ``read`` makes of each file, as a source of its own, and its number from 0.

    Raises
    ------
    InputRefusedError
        Where ``read`` refuses a file: its reason, or those of all that it refuses, a line each.
    LineEndsError
        Where that is what is wrong with any: a copy of it can be read.
    """
    found: list[_Read] = []
    refusals: list[InputRefusedError] = []
    for number, path in enumerate(source.paths):
        try:
            found.append(read(replace(source, paths=(path,)), number))
        except LineEndsError:
            raise
        except InputRefusedError as error:
            refusals.append(_placed(error, source, path))
            # The database is gone: of the files after this one it would say the same.
            if isinstance(error.__cause__, duckdb.FatalException):
                break
    if refusals:
        raise _together(source, refusals)
    return found


def _placed(error: InputRefusedError, source: InputSource, path: Path) -> InputRefusedError:
    """Return a refusal that names the folder of a file which is not the only one of its name."""
    if [each.name for each in source.paths].count(path.name) == 1:
        return error
    return InputRefusedError(f"{error} (the one in {path.parent})")


def _together(source: InputSource, refusals: list[InputRefusedError]) -> InputRefusedError:
    if len(refusals) == 1:
        return refusals[0]
    table = f"inputs.{source.table}: "
    told = [str(error).removeprefix(table) for error in refusals[:MOST_TOLD]]
    if len(refusals) > MOST_TOLD:
        told.append(f"and {len(refusals) - MOST_TOLD:,} more")
    head = f"{table}{len(refusals):,} of {len(source.paths):,} files cannot be read:"
    return InputRefusedError("\n  ".join([head, *told]))
