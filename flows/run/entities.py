"""Chunks of entities that do not depend on each other: those that failed are done again alone."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from flows.run.chunks import (
    ChunkRecord,
    ChunkWork,
    entity_names,
    find_aside,
    finish_chunk,
    take_up,
)
from flows.run.staging import decoded
from forecasting.labels import Labels
from forecasting.panel import find_series
from kernels.arrays import Integers

LOGGER = logging.getLogger("almanac")

# Names of the entities to do; None is all.
Only = frozenset[str] | None
# The column of names in a table that has no columns of ids.
ENTITY = "entity"


@dataclass(frozen=True)
class Independent:
    """How the rows of a chunk belong to entities that do not depend on each other.

    Parameters
    ----------
    ids : columns whose values, joined with "/", name an entity; every table of the chunk has
        them, or "entity"
    kept_key : what the rows of an entity depend on that failed neither here nor before; empty is
        the chunk's own key
    unsettled : entities that failed before, whose rows may be others once that is done again
    """

    ids: Sequence[str]
    kept_key: str = ""
    unsettled: Collection[str] = ()


def among(frame: pd.DataFrame, ids: Sequence[str], only: Only) -> pd.DataFrame:
    """Return the rows of the entities to do.

    Parameters
    ----------
    frame : with the columns ``ids``
    ids : columns whose values, joined with "/", name an entity
    only : the entities; None is all
    """
    if only is None:
        return frame
    return frame.loc[entity_names(frame, ids).isin(only)].reset_index(drop=True)


def of_series(frame: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of some series, in the order that they have.

    Parameters
    ----------
    frame, series : with warehouse_id and item_id
    """
    return frame.loc[places_among(series, frame) >= 0].reset_index(drop=True)


def places_among(series: pd.DataFrame, frame: pd.DataFrame) -> Integers:
    """Return the place of each row's series among some, each of which is there once; -1 if none.

    Parameters
    ----------
    series, frame : with warehouse_id and item_id
    """
    known, asked = (
        (Labels.of(each["warehouse_id"]), Labels.of(each["item_id"])) for each in (series, frame)
    )
    return find_series(known, asked)


def run_entities(
    folder: Path, key: str, rows: Independent, work: Callable[[Only], ChunkWork]
) -> ChunkRecord:
    """Do a chunk's work; of one that a retry set aside, that of the entities which failed.

    The rows of all others are kept as they are. Tables are in the order of their entities, so they
    are the same whether these were done together or not. The whole chunk is done where none was
    set aside, or one that is torn, without rows, or made from what has changed since.

    Parameters
    ----------
    folder, key : of the chunk
    rows : how its rows belong to entities
    work : does the entities that it is given
    """
    found = take_up(folder, key)
    if found is not None:
        return found
    kept_key = rows.kept_key or key
    before = find_aside(folder, kept_key)
    again = None if before is None else _again(before, rows)
    produced = work(again)
    if before is not None and again is not None:
        produced = _with_kept(produced, before, rows.ids, again)
    tables = {name: _in_order(frame, rows.ids) for name, frame in produced.tables.items()}
    whole = replace(produced, tables=tables)
    return finish_chunk(folder, key, whole, kept_key=kept_key, unsettled=rows.unsettled)


def _again(before: ChunkRecord, rows: Independent) -> Only:
    failed = {failure.entity for failure in before.failures}
    again = failed.union(before.unsettled, rows.unsettled)
    return frozenset(again) if again and before.shards else None


def _with_kept(
    produced: ChunkWork, before: ChunkRecord, ids: Sequence[str], again: frozenset[str]
) -> ChunkWork:
    """Return what was produced, with the rows of the entities that were not done again."""
    tables = dict(produced.tables)
    kept: set[str] = set()
    for name in before.shards:
        frame = pd.read_parquet(before.shard(name))
        names = _names(frame, ids)
        others = ~names.isin(again)
        kept.update(names[others])
        tables[name] = _stacked(frame.loc[others], tables.get(name))
    LOGGER.info(
        "event=chunk_done_again chunk=%s/%s again=%d kept=%d",
        before.folder.parent.name,
        before.folder.name.removeprefix("before-"),
        len(again),
        len(kept),
    )
    return replace(produced, tables=tables)


def _stacked(kept: pd.DataFrame, made: pd.DataFrame | None) -> pd.DataFrame:
    if made is None or made.empty:
        return kept
    if kept.empty:
        return made
    # Arrow finds the common type of a column that is empty in one of them.
    parts = [decoded(pa.Table.from_pandas(frame, preserve_index=False)) for frame in (kept, made)]
    frame: pd.DataFrame = pa.concat_tables(parts, promote_options="permissive").to_pandas()
    coded = [name for name, kind in made.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, "category"))


def _in_order(frame: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    by = list(ids) if ids[0] in frame else [ENTITY]
    return frame if _is_sorted(frame, by) else frame.sort_values(by, kind="stable")


def _is_sorted(frame: pd.DataFrame, by: Sequence[str]) -> bool:
    """Return whether rows are in order; false where ids are no codes, which takes long to tell."""
    if not all(isinstance(frame[name].dtype, pd.CategoricalDtype) for name in by):
        return False
    rises = np.zeros(max(len(frame) - 1, 0), np.bool_)
    falls = rises.copy()
    for name in by:
        step = np.diff(frame[name].cat.codes.to_numpy(np.int64))
        falls |= ~rises & (step < 0)
        rises |= step > 0
    return not falls.any()


def _names(frame: pd.DataFrame, ids: Sequence[str]) -> pd.Series:
    return entity_names(frame, ids) if ids[0] in frame else frame[ENTITY]
