"""Stored models of series that a night lacks, which stay for some nights."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from flows.run import SERIES

# Of a version's table: nights in a row that lacked the series.
NIGHTS_ABSENT = "nights_absent"


def absent_models(before: Any | None, outcomes: Any, nights: int) -> Any | None:  # noqa: ANN401 - Arrow has no types
    """Return the models of series that a night does not ask for, and that still stay.

    Parameters
    ----------
    before : table of the version that the night takes; None where it takes none
    outcomes : warehouse_id, item_id, ... of the series that were asked for
    nights : in a row that a series may be away
    """
    if before is None:
        return None
    before = _counted(before.replace_schema_metadata(None))
    asked = pd.MultiIndex.from_frame(outcomes.select(SERIES).to_pandas())
    stored = pd.MultiIndex.from_frame(before.select(SERIES).to_pandas())
    away = before[NIGHTS_ABSENT].to_numpy() + 1
    stays = (asked.get_indexer(stored) < 0) & (away <= nights)
    place = before.column_names.index(NIGHTS_ABSENT)
    return before.set_column(place, NIGHTS_ABSENT, pa.array(away)).filter(pa.array(stays))


def with_absent(table: Any, absent: Any | None) -> Any:  # noqa: ANN401 - Arrow has no types
    """Return tonight's models and those of series that it lacks, by warehouse_id and item_id."""
    here = _counted(table)
    if absent is None or not absent.num_rows:
        return here
    if not here.num_rows:
        return absent
    found = pa.concat_tables([here, absent.select(here.column_names).cast(here.schema)])
    return found.sort_by([(name, "ascending") for name in SERIES])


def _counted(table: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    """Return a table with the nights that its series were away, none where it does not say."""
    if NIGHTS_ABSENT in table.column_names:
        return table
    return table.append_column(NIGHTS_ABSENT, pa.array(np.zeros(table.num_rows, np.int64)))
