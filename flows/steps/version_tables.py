"""Tables of a version of stored models: from chunks' shards to its files, and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flows.run import read_models
from flows.steps.absent_models import SERIES

# Few values, each of which many series have.
_NAMES = (*SERIES, "model", "demand_class", "settings", "member_1", "member_2", "member_3")


def read_frame(folder: Path, version: str, name: str = "models.parquet") -> pd.DataFrame:
    """Return a table of a version, its models' where no name is given.

    Raises
    ------
    ModelsRefusedError
        Where it is gone, or not what was written.
    """
    frame: pd.DataFrame = read_table(folder, version, name).to_pandas()
    return frame


def read_table(folder: Path, version: str, name: str = "models.parquet") -> Any:  # noqa: ANN401 - Arrow has no types
    """Return a table of a version, as `read_frame` does, in Arrow's form."""
    return pq.read_table(pa.BufferReader(read_models(folder, version, name)))


def to_bytes(table: Any) -> bytes:  # noqa: ANN401 - Arrow has no types
    """Return a table of models as a Parquet file."""
    sink = pa.BufferOutputStream()
    floats = [each.name for each in table.schema if pa.types.is_floating(each.type)]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name in _NAMES],
        use_byte_stream_split=floats,
    )
    return bytes(sink.getvalue())


def stack(shards: Sequence[Path]) -> Any | None:  # noqa: ANN401 - Arrow has no types
    """Return the rows of all chunks by id, so that they do not tell how these were split.

    None where there are no rows.
    """
    tables = [pq.read_table(shard).replace_schema_metadata(None) for shard in shards]
    filled = [table for table in tables if table.num_rows]
    if not filled:
        return None
    return pa.concat_tables(filled).sort_by([(name, "ascending") for name in SERIES])


def stack_outcomes(shards: Sequence[Path]) -> Any:  # noqa: ANN401 - Arrow has no types
    """Return warehouse_id, item_id and outcome of every series that was asked for."""
    tables = [pq.read_table(shard, columns=[*SERIES, "outcome"]) for shard in shards]
    typed = pa.schema([(name, pa.string()) for name in (*SERIES, "outcome")])
    return pa.concat_tables([table.replace_schema_metadata(None).cast(typed) for table in tables])
