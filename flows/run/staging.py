"""Files of a run in progress: written whole or not at all, and known by their checksum."""

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from kernels.arrays import Floats

SERIES = ["warehouse_id", "item_id"]


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def holds(path: Path, known: str) -> bool:
    """Return whether a file is there and has the checksum it is known by."""
    return path.is_file() and checksum(path) == known


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield where to write what replaces ``path``; a write that fails leaves nothing there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    _remove_orphans(path)
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _remove_orphans(path: Path) -> None:
    """Remove what processes that were killed while they wrote ``path`` left beside it."""
    for orphan in path.parent.glob(f".{glob.escape(path.name)}.*"):
        process = orphan.suffix.removeprefix(".")
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            orphan.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` with ``text`` in one step, so that no reader sees a torn file."""
    with _replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` with ``content`` in one step."""
    with _replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, content: Any) -> None:  # noqa: ANN401 - JSON
    """Replace ``path`` with ``content`` as JSON in one step."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True))


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON in ``path``."""
    return json.loads(path.read_text(encoding="utf-8"))


def stack_filled(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames end to end, one at least; those without rows tell of no types."""
    filled = [frame for frame in frames if len(frame)] or list(frames[:1])
    return pd.concat(filled, ignore_index=True)


def read_by_series(
    paths: Path | Sequence[Path],
    columns: Sequence[str] | None = None,
    filters: Sequence[tuple[str, str, object]] | None = None,
) -> pd.DataFrame:
    """Return Parquet files of rows by warehouse and item, stacked, their ids as categoricals.

    So a string is read once, and not in every row. Categories are in order, as rows are that are
    sorted by them.

    Parameters
    ----------
    paths : of files with the same columns, one at least
    columns : to read; None is all
    filters : what rows must fulfil; None takes all
    """
    tables = [
        _with_common_codes(
            pq.read_table(path, columns=columns, filters=filters, read_dictionary=SERIES)
        )
        for path in ([paths] if isinstance(paths, Path) else paths)
    ]
    # A file without rows does not tell of what type its texts are.
    filled = [table for table in tables if table.num_rows] or tables[:1]
    return in_order_of_text(pa.concat_tables(filled).to_pandas())


def _with_common_codes(table: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    """Return a table whose codes are of one width, so that it can be stacked on others."""
    coded = [
        pa.field(field.name, pa.dictionary(pa.int32(), field.type.value_type))
        if pa.types.is_dictionary(field.type)
        else field
        for field in table.schema
    ]
    return table.replace_schema_metadata(None).cast(pa.schema(coded))


def in_order_of_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose categories are in order, in every column that has some."""
    changed = {
        str(name): column.cat.reorder_categories(column.cat.categories.sort_values())
        for name, column in frame.select_dtypes("category").items()
        if not column.cat.categories.is_monotonic_increasing
    }
    return frame.assign(**changed) if changed else frame


def decoded(table: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    """Return a table of Arrow with each text in its row, and not as a code."""
    plain = [
        pa.field(field.name, field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.replace_schema_metadata(None).cast(pa.schema(plain))


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Replace ``path`` with ``frame`` as Parquet in one step."""
    # Arrow's types tell of every column; what pandas would add costs as much as the columns.
    columns = [pa.Array.from_pandas(column) for _, column in frame.items()]
    table = pa.Table.from_arrays(columns, names=list(frame.columns))
    with _replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def write_array(path: Path, array: Floats) -> None:
    """Replace ``path`` with ``array`` as a NumPy file in one step."""
    with _replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


@dataclass(frozen=True)
class Staging:
    """The folder of one run.

    Parameters
    ----------
    folder : <job's staging folder>/<run_id>
    """

    folder: Path

    @property
    def state(self) -> Path:
        """What the run is and how far it came."""
        return self.folder / "run.json"

    def chunk(self, stage: str, number: int) -> Path:
        """Return the folder of one chunk of a stage."""
        return self.folder / stage / f"chunk-{number:05d}"

    def clean(self, table: str) -> Path:
        """Return the checked input of a table."""
        return self.folder / "clean" / f"{table}.parquet"

    def remove(self) -> None:
        """Remove everything of the run, and the folder of runs where this was the only one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            self.folder.parent.rmdir()
