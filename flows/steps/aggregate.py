"""Aggregate: the night's forecasts added up to warehouses, categories and the total."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd

from flows.run import (
    SERIES,
    ChunkRecord,
    ChunkWork,
    Run,
    content_of,
    entity_words,
    of_series,
    places_among,
    read_by_series,
    read_chunk,
    run_chunk,
)
from flows.steps.calibrate import calibration_content, read_calibration
from flows.steps.failing import guarded
from flows.steps.groups import categories_of, regions_of
from forecasting import Calibration, sample_paths
from forecasting.hierarchy import (
    PathSums,
    SharedErrors,
    aggregate_frame,
    build_hierarchy,
    name_nodes,
)
from kernels.arrays import Dates, Floats, Integers

STAGE = "aggregate"
FORECASTS = "demand_forecasts"
NODES = ["level", "node"]
# What is told of a fault that is no series' own.
EVERY_LEVEL = "every level"
# Series whose paths are held at once: a few tens of megabytes.
SERIES_AT_ONCE = 500


def add_up(run: Run, blocks: Sequence[str]) -> ChunkRecord:
    """Add the forecasts of all series up to every level.

    Parameters
    ----------
    run : whose forecasts they are
    blocks : URIs of the chunks of forecasts; what they hold is part of this chunk's key
    """
    records = [record for uri in blocks if FORECASTS in (record := read_chunk(uri)).shards]
    content = content_of(record.checksums[FORECASTS] for record in records)
    return run_chunk(
        run.staging.chunk(STAGE, 0),
        f"{run.chunk_key(STAGE, 0, 1)}-{content}-{calibration_content(run)}",
        lambda: guarded("aggregates", STAGE, lambda: [EVERY_LEVEL], lambda: _add_up(run, records)),
    )


def _add_up(run: Run, records: Sequence[ChunkRecord]) -> ChunkWork:
    shards = [record.shard("champions") for record in records]
    known = read_by_series(shards, SERIES) if shards else pd.DataFrame(columns=SERIES)
    if known.empty:
        return ChunkWork({})
    series = known.sort_values(SERIES, ignore_index=True)
    hierarchy = build_hierarchy(series, categories_of(run), regions_of(run))
    periods = _periods(records)
    demand = run.job.demand
    assert demand is not None
    n_paths = demand.aggregate_paths
    sums = PathSums(hierarchy, n_paths, len(periods))
    calibration = read_calibration(run) or Calibration.nothing()
    nodes = hierarchy.aggregates.assign(node=name_nodes(hierarchy))
    shape = n_paths, len(periods)
    errors = SharedErrors.draw(
        hierarchy, calibration.dependence, entity_words(nodes, NODES), *shape, run.job.seed
    )
    # A series that ended before the others is forecast for fewer periods; it adds nothing after.
    means = np.zeros((len(series), len(periods)))
    present = np.zeros(means.shape, dtype=np.int64)

    def draw(forecasts: pd.DataFrame, champions: pd.DataFrame) -> _Piece:
        rows = places_among(series, champions)
        own = np.searchsorted(periods, forecasts["ds"].to_numpy("datetime64[us]"))
        own = own.reshape(len(rows), -1)
        shared = errors.of(rows, own[:, 0])
        words = entity_words(champions, SERIES)
        drawn = sample_paths(forecasts, champions, words, n_paths, run.job.seed, shared)
        paths = np.zeros((len(rows), *shape))
        np.put_along_axis(paths, np.broadcast_to(own[:, None], drawn.shape), drawn, axis=2)
        return _Piece(rows, own, forecasts["mean"].to_numpy().reshape(own.shape), paths)

    for piece in _side_by_side(draw, _pieces(records), run.job.execution.workers):
        sums.add(piece.rows, piece.paths)
        means[piece.rows[:, None], piece.periods] = piece.means
        present[piece.rows[:, None], piece.periods] = 1
    counts = np.rint(hierarchy.sum_up(present.astype(np.float64))).astype(np.int64)
    frame = aggregate_frame(hierarchy, periods, hierarchy.sum_up(means), sums.paths, counts)
    return ChunkWork({"aggregate_forecasts": run.stamp(frame[frame["n_series"] > 0])})


class _Piece(NamedTuple):
    """What is drawn of some series: their numbers, their periods', and units by them."""

    rows: Integers
    periods: Integers
    means: Floats
    paths: Floats


def _side_by_side(
    draw: Callable[[pd.DataFrame, pd.DataFrame], _Piece],
    pieces: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    workers: int,
) -> Iterator[_Piece]:
    """Yield what is drawn of each piece, in order, with as many under way as there are workers."""
    under_way: deque[Future[_Piece]] = deque()
    # No other task runs beside this one.
    with ThreadPoolExecutor(workers) as pool:
        for piece in pieces:
            under_way.append(pool.submit(draw, *piece))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _periods(records: Sequence[ChunkRecord]) -> Dates:
    """Return the periods that any series is forecast for."""
    found = [pd.read_parquet(record.shard(FORECASTS), columns=["ds"])["ds"] for record in records]
    return np.unique(pd.concat(found).to_numpy("datetime64[us]"))


def _pieces(records: Sequence[ChunkRecord]) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield forecasts and champions of some series at a time, of as many periods each, in order."""
    for record in records:
        champions = read_by_series(record.shard("champions"))
        forecasts = read_by_series(record.shard(FORECASTS)).sort_values(
            [*SERIES, "ds"], ignore_index=True
        )
        counted = forecasts.groupby(SERIES, observed=True)["ds"].count()
        lengths = counted.rename("periods").reset_index()
        for _, alike in lengths.groupby("periods"):
            for start in range(0, len(alike), SERIES_AT_ONCE):
                chosen = alike.iloc[start : start + SERIES_AT_ONCE][SERIES]
                some = of_series(champions, chosen).sort_values(SERIES, ignore_index=True)
                yield of_series(forecasts, chosen), some
