"""Tables of a version of stored models: from chunks' shards to its files, and back."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flows.run import (
    MODELS,
    SERIES,
    Run,
    decoded,
    places_among,
    read_manifest,
    read_models,
    write_frame,
)
from flows.steps.absent_models import absent_models
from forecasting.choices import MEMBER_COLUMNS

# Series that the night lacks: what is stored of them stays for some nights, and then is gone.
ABSENT, GONE = "absent", "gone"

# Few values, each of which many series have.
_NAMES = (*SERIES, "model", "demand_class", "settings", *MEMBER_COLUMNS)


def registry_folder(run: Run) -> Path:
    """Return the folder of the versions that a run with a registry takes and leaves."""
    assert run.job.demand is not None
    assert run.job.demand.registry is not None
    return run.job.path(run.job.demand.registry.folder)


def manifest_before(run: Run) -> dict[str, Any]:
    """Return the manifest of the version that a run takes.

    Raises
    ------
    ModelsRefusedError
        Where it is gone, or not what was written.
    """
    return read_manifest(registry_folder(run), run.models)


def read_frame(folder: Path, version: str, name: str = MODELS) -> pd.DataFrame:
    """Return a table of a version, its models' where no name is given.

    Raises
    ------
    ModelsRefusedError
        Where it is gone, or not what was written.
    """
    frame: pd.DataFrame = read_table(folder, version, name).to_pandas()
    return frame


def read_table(folder: Path, version: str, name: str = MODELS) -> Any:  # noqa: ANN401 - Arrow has no types
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
    tables = [decoded(pq.read_table(shard)) for shard in shards]
    filled = [table for table in tables if table.num_rows]
    if not filled:
        return None
    return pa.concat_tables(filled).sort_by([(name, "ascending") for name in SERIES])


def stack_outcomes(shards: Sequence[Path], forecaster: str = "") -> Any:  # noqa: ANN401 - Arrow has no types
    """Return warehouse_id, item_id and outcome of every series that was asked for.

    Parameters
    ----------
    shards : of chunks
    forecaster : of whose outcomes these are, where the shards have several
    """
    only = [("forecaster", "=", forecaster)] if forecaster else None
    tables = [pq.read_table(each, columns=[*SERIES, "outcome"], filters=only) for each in shards]
    typed = pa.schema([(name, pa.string()) for name in (*SERIES, "outcome")])
    plain = [table.replace_schema_metadata(None).cast(typed) for table in tables]
    return pa.concat_tables([typed.empty_table(), *plain])


def write_chunks(frame: pd.DataFrame, series: pd.DataFrame, path_of: Callable[[int], Path]) -> None:
    """Write the rows of a version's table that the series of each chunk take, a file a chunk.

    Parameters
    ----------
    frame : with warehouse_id and item_id
    series : warehouse_id, item_id, chunk
    path_of : the file of a chunk's number
    """
    places = places_among(series, frame)
    known = np.flatnonzero(places >= 0)
    chunk = series["chunk"].to_numpy()[places[known]]
    for number in np.unique(chunk).tolist():
        write_frame(path_of(number), frame.iloc[known[chunk == number]])


def take_absent(
    run: Run,
    name: str,
    outcomes: Any,  # noqa: ANN401 - Arrow has no types
    left: int,
    nights: int,
    found: Counter[str],
) -> Any | None:  # noqa: ANN401 - Arrow has no types
    """Return the rows of series that a night lacks and that stay, and count these and the others.

    Parameters
    ----------
    run : which names the version
    name : of the version's table
    outcomes : warehouse_id, item_id, ... of the series that were asked for
    left : series of the version that the night does not ask for
    nights : in a row that a series may be away
    found : series by what became of them, to which the absent and the gone are added
    """
    # To look a million series up by name takes seconds, and most nights lack none.
    before = read_table(registry_folder(run), run.models, name) if left else None
    away = absent_models(before, outcomes, nights)
    found[ABSENT] = 0 if away is None else away.num_rows
    found[GONE] = left - found[ABSENT]
    return away
