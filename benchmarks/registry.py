"""The registry of fitted models: saved, loaded and rolled one period forward.

python -m benchmarks.registry

One thread, in a process of its own; the median of five runs after a warm-up. The states are those
of AutoETS on Store-Item, 1,000 days each; copies of them differ in every number by some 2%. The
peer is the way that is usual: a fitted model object of statsforecast a series, pickled.
"""

import pickle
import resource
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from statsforecast.models import AutoETS

from benchmarks.machine import describe_machine, median_seconds
from flows.run import MODELS, store_version
from flows.steps.version_tables import read_frame, to_bytes
from forecasting import DemandPanel, RollForward, SeriesStates
from forecasting.labels import Labels
from forecasting.panel import Batch
from forecasting.roll_forward import roll_forward
from kernels.ets_forward import has_drifted, track_ets
from kernels.history_hash import hash_histories

DATA = Path(__file__).parents[2] / "shared" / "data" / "store_item_daily.parquet"
RECORD = Path(__file__).parent / "records" / "registry.md"
RUNS = 5
DAYS = 1_000
SEASON = 7
NIGHTLY, MANY = 30_000, 1_000_000
# Periods of history that a night of a million compares with what was fitted.
SHORT = 60
PEERS = 20


def main() -> None:
    """Measure, and write the record."""
    panel, news = _retail()
    states = _fit(panel)
    lines = ["# Registry of fitted models", ""]
    lines += [f"`python -m benchmarks.registry`: {describe_machine('numba', 'pyarrow')}.", ""]
    lines += ["| what | series | seconds |", "| --- | ---: | ---: |"]
    lines += [*_kept(states, NIGHTLY), *_kept(states, MANY)]
    lines += _rolled(states, news)
    lines += _compared(panel)
    lines += ["", _night(panel), "", _pickled(panel), "", _memory()]
    print("\n".join(lines))
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _retail() -> tuple[DemandPanel, np.ndarray]:
    """Return the panel of all days but the last, and the last of each series."""
    frame = pd.read_parquet(DATA)
    frame = frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    frame = frame.groupby(["warehouse_id", "item_id"], observed=True).tail(DAYS + 1)
    ids = {name: frame[name].astype(str).astype(object) for name in ("warehouse_id", "item_id")}
    frame = frame.assign(quantity=frame["y"].astype(float), censored=False, **ids)
    frame = frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    last = ~frame.duplicated(["warehouse_id", "item_id"], keep="last")
    known = DemandPanel.from_frame(frame[~last].reset_index(drop=True), "D")
    return known, frame.loc[last, "quantity"].to_numpy(float)


def _fit(panel: DemandPanel) -> SeriesStates:
    before = RollForward(SeriesStates.none(SEASON))
    return roll_forward(panel, panel.batch, np.arange(len(panel)), SEASON, before).states


def _repeat(states: SeriesStates, count: int) -> SeriesStates:
    """Return so many states, no number of one that of another, or they would compress too well."""
    rows, draws = np.arange(count), np.random.default_rng(0)
    copies = states.of(rows % len(states))
    fits = copies.fits._make(
        part * draws.normal(1.0, 0.02, part.shape) if part.dtype == np.float64 else part
        for part in copies.fits
    )
    items = Labels.coded(rows // 100, [f"item{n:06d}" for n in range(count // 100 + 1)])
    warehouses = Labels.coded(rows % 100, [f"warehouse{n:02d}" for n in range(100)])
    words = draws.integers(2**63, size=(2, count)).astype(np.uint64)
    return replace(
        copies,
        fits=fits,
        warehouse_id=warehouses,
        item_id=items,
        signal=draws.normal(0.0, 0.2, count),
        data=words[0],
        recent=words[1],
    )


def _kept(few: SeriesStates, count: int) -> list[str]:
    states = _repeat(few, count)
    with tempfile.TemporaryDirectory() as name:
        folder, stored = Path(name), []

        def save() -> None:
            table = pa.Table.from_pandas(states.to_frame(), preserve_index=False)
            facts = {"as_of": "2026-01-01", "before": None, "number": len(stored)}
            stored.append(store_version(folder, {MODELS: to_bytes(table)}, facts))

        def load() -> SeriesStates:
            return SeriesStates.from_frame(read_frame(folder, stored[0]))

        runs = RUNS if count < MANY else 3
        saved, loaded = median_seconds(save, runs), median_seconds(load, runs)
        back = load()
        assert np.array_equal(back.fits.level, states.fits.level)
        size = (folder / f"v={stored[0]}" / "models.parquet").stat().st_size
    what = f"save, checksum and sync to disk included; {size / count:.0f} bytes a series"
    return [
        f"| {what} | {count:,} | {saved:.2f} |",
        f"| load, checksum included | {count:,} | {loaded:.2f} |",
    ]


def _rolled(few: SeriesStates, news: np.ndarray) -> list[str]:
    states = _repeat(few, MANY)
    values = news[np.arange(MANY) % len(news)]
    offsets, places = np.arange(MANY + 1), np.arange(MANY)
    flags = np.zeros(MANY, np.bool_)

    def roll() -> None:
        _, signal = track_ets(states.fits, states.signal, values, offsets)
        has_drifted(signal)

    def extend() -> None:
        states.data + hash_histories(values, flags, places, places + 1, states.last + 1)

    rolled, extended = median_seconds(roll, RUNS), median_seconds(extend, RUNS)
    return [
        f"| roll one period forward, drift checked | {MANY:,} | {rolled:.2f} |",
        f"| hash of the new period | {MANY:,} | {extended:.2f} |",
    ]


def _compared(panel: DemandPanel) -> list[str]:
    whole = np.zeros(len(panel), np.int64)
    short = panel.batch.cut(np.arange(len(panel)), whole, SHORT)
    values = np.tile(short.values, MANY // len(panel))
    starts = np.arange(MANY) * SHORT
    flags = np.zeros(len(values), np.bool_)
    first = np.zeros(MANY, np.int64)
    spent = median_seconds(lambda: hash_histories(values, flags, starts, starts + SHORT, first), 3)
    return [f"| hash of whole histories of {SHORT} periods | {MANY:,} | {spent:.2f} |"]


def _night(panel: DemandPanel) -> str:
    """Compare a night that rolls its models forward with one that fits them."""
    asked = np.arange(len(panel))
    shorter = panel.batch.cut(asked, np.ones(len(panel), np.int64), None)
    earlier = replace(
        panel,
        batch=shorter,
        censored=np.zeros(len(shorter.values), np.bool_),
        last_ds=panel.last_ds - np.timedelta64(1, "D"),
    )
    before = RollForward(_fit(earlier))
    none = RollForward(SeriesStates.none(SEASON))
    batch = Batch(panel.batch.values, panel.batch.offsets)
    found = roll_forward(panel, batch, asked, SEASON, before)
    rolled = median_seconds(lambda: roll_forward(panel, batch, asked, SEASON, before), RUNS)
    fitted = median_seconds(lambda: roll_forward(panel, batch, asked, SEASON, none), 1)
    kept = (found.outcome == "rolled").sum()
    return (
        f"A night of {len(panel)} series of {DAYS:,} days, the last one new: {rolled:.3f} s to "
        f"compare histories, roll {kept} models forward and fit {len(panel) - kept} again; "
        f"{fitted:.2f} s to fit them all. A whole night has a backtest too, which fits at every "
        "origin."
    )


def _pickled(panel: DemandPanel) -> str:
    fitted = [AutoETS(season_length=SEASON).fit(panel.batch.series(n)[-100:]) for n in range(PEERS)]
    content = pickle.dumps(fitted)
    spent = median_seconds(lambda: pickle.dumps(fitted), RUNS) / PEERS
    read = median_seconds(lambda: pickle.loads(content), RUNS) / PEERS  # noqa: S301 - ours, a line above
    return (
        f"statsforecast's fitted AutoETS of 100 days, pickled: {len(content) / PEERS:,.0f} bytes a "
        f"series, {spent * NIGHTLY:.2f} s to write and {read * NIGHTLY:.2f} s to read "
        f"{NIGHTLY:,} of them, by {PEERS}."
    )


def _memory() -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return f"Peak memory of it all: {peak:,.0f} MiB."


if __name__ == "__main__":
    main()
