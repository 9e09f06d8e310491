"""The registry of fitted models: saved, loaded and rolled one period forward.

python -m benchmarks.registry

One thread, in a process of its own; the median of five runs after a warm-up. What is rolled or
hashed is so on two threads too, half of the series on either. The states are those of AutoETS on
Store-Item, 1,000 days each; copies of them differ in every number by some 2%. The peer is the way
that is usual: a fitted model object of statsforecast a series, pickled.
"""

import pickle
import resource
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from statsforecast.models import AutoETS

from benchmarks.machine import describe_machine, median_seconds, seconds_in_two
from benchmarks.series import DATA
from flows.run import MODELS, store_version
from flows.steps.version_tables import read_frame, to_bytes
from forecasting import DemandPanel, RefitRules, SeriesStates, find_lasting
from forecasting.labels import Labels
from forecasting.models import Seasons
from forecasting.panel import Batch
from forecasting.roll_forward import Carried, Night, roll_forward
from kernels.drift import has_drifted
from kernels.ets_forward import track_ets
from kernels.history_hash import hash_histories

RECORD = Path(__file__).parent / "records" / "registry.md"
RUNS = 5
DAYS = 1_000
SEASON = 7
SEASONS = Seasons(SEASON, 365.25)
KEPT = (
    "Theta",
    "DynamicOptimizedTheta",
    "AutoTheta",
    "SimpleExponentialSmoothing",
    "SeasonalExponentialSmoothing",
    "CrostonOptimized",
    "TSB",
)
# A model that is fitted every four weeks is rolled over so many days at most.
AGE, HORIZON = 27, 28
# Days before the last.
ORIGINS = (28, 140, 252, 364)
NIGHTLY, MANY = 30_000, 1_000_000
# Periods of history that a night of a million compares with what was fitted.
SHORT = 60
PEERS = 20
CALLS = (
    "Each row is one call by itself, on states that are there already: a kernel, or a file written "
    "or read. No night of a million series was run; a night also reads and checks demand, makes "
    "forecasts of what it rolled, and publishes them."
)


def main() -> None:
    """Measure, and write the record."""
    panel, news = _retail()
    states = _fit(panel)
    lines = ["# Registry of fitted models", ""]
    lines += [f"`python -m benchmarks.registry`: {describe_machine('numba', 'pyarrow')}.", ""]
    heads = "| what | series | seconds | two threads |"
    lines += [CALLS, "", heads, "| --- | ---: | ---: | ---: |"]
    lines += [*_kept(states, NIGHTLY), *_kept(states, MANY)]
    lines += _rolled(states, news)
    lines += _compared(panel)
    lines += [
        "",
        _night(panel),
        "",
        *_others(panel),
        "",
        *_old(panel),
        "",
        _pickled(panel),
        "",
        _memory(),
    ]
    print("\n".join(lines))
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _retail() -> tuple[DemandPanel, np.ndarray]:
    """Return the panel of all days but the last, and the last of each series."""
    frame = pd.read_parquet(DATA / "store_item_daily.parquet")
    frame = frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    frame = frame.groupby(["warehouse_id", "item_id"], observed=True).tail(DAYS + 1)
    ids = {name: frame[name].astype(str).astype(object) for name in ("warehouse_id", "item_id")}
    frame = frame.assign(quantity=frame["y"].astype(float), censored=False, **ids)
    frame = frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    last = ~frame.duplicated(["warehouse_id", "item_id"], keep="last")
    known = DemandPanel.from_frame(frame[~last].reset_index(drop=True), "D")
    return known, frame.loc[last, "quantity"].to_numpy(float)


def _fit(panel: DemandPanel) -> SeriesStates[Any]:
    return _roll(panel, "AutoETS", None).states


def _roll(
    panel: DemandPanel,
    name: str,
    stored: SeriesStates[Any] | None,
    batch: Batch | None = None,
    night: Night | None = None,
) -> Carried[Any]:
    """Roll a model's stored fits over what is new in a panel; None fits all."""
    model, asked = find_lasting(name), np.arange(len(panel))
    known = SeriesStates.none(model.none(SEASONS)) if stored is None else stored
    tonight = night or Night(panel, batch or panel.batch)
    return roll_forward(tonight, asked, model, SEASONS, known, RefitRules())


def _repeat(states: SeriesStates[Any], count: int) -> SeriesStates[Any]:
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


def _kept(few: SeriesStates[Any], count: int) -> list[str]:
    states = _repeat(few, count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stored: list[str] = []

        def save() -> None:
            table = pa.Table.from_pandas(states.to_frame(), preserve_index=False)
            facts = {"as_of": "2026-01-01", "before": None, "number": len(stored)}
            stored.append(store_version(folder, {MODELS: to_bytes(table)}, facts))

        def load() -> SeriesStates[Any]:
            return SeriesStates.from_frame(read_frame(folder, stored[0]), states.fits)

        runs = RUNS if count < MANY else 3
        saved, loaded = median_seconds(save, runs), median_seconds(load, runs)
        back = load()
        assert np.array_equal(back.fits.level, states.fits.level)
        size = (folder / f"v={stored[0]}" / "models.parquet").stat().st_size
    what = f"save, checksum and sync to disk included; {size / count:.0f} bytes a series"
    return [
        f"| {what} | {count:,} | {saved:.2f} | |",
        f"| load, checksum included | {count:,} | {loaded:.2f} | |",
    ]


def _rolled(few: SeriesStates[Any], news: np.ndarray) -> list[str]:
    states = _repeat(few, MANY)
    values = news[np.arange(MANY) % len(news)]
    flags, places = np.zeros(MANY, np.bool_), np.arange(MANY + 1)

    def roll(part: slice) -> None:
        fits = states.fits._make(each[part] for each in states.fits)
        own = values[part]
        _, signal = track_ets(fits, states.signal[part], own, places[: len(own) + 1])
        has_drifted(signal)

    def extend(part: slice) -> None:
        own = places[part]
        states.data[part] + hash_histories(values, flags, own, own + 1, states.last[part] + 1)

    return [
        _both("roll one period forward, drift checked", roll, RUNS),
        _both("hash of the new period", extend, RUNS),
    ]


def _both(what: str, work: Callable[[slice], None], runs: int) -> str:
    """Return the row of some work on one thread, and on two with half of the series each."""
    halves = slice(0, MANY // 2), slice(MANY // 2, MANY)
    one = median_seconds(lambda: work(slice(0, MANY)), runs)
    return f"| {what} | {MANY:,} | {one:.3f} | {seconds_in_two(work, halves, runs):.3f} |"


def _compared(panel: DemandPanel) -> list[str]:
    whole = np.zeros(len(panel), np.int64)
    short = panel.batch.cut(np.arange(len(panel)), whole, SHORT)
    values = np.tile(short.values, MANY // len(panel))
    starts = np.arange(MANY) * SHORT
    flags = np.zeros(len(values), np.bool_)
    first = np.zeros(MANY, np.int64)

    def compare(part: slice) -> None:
        hash_histories(values, flags, starts[part], starts[part] + SHORT, first[part])

    return [_both(f"hash of whole histories of {SHORT} periods", compare, 3)]


def _earlier(panel: DemandPanel) -> DemandPanel:
    """Return the panel of the day before."""
    asked = np.arange(len(panel))
    shorter = panel.batch.cut(asked, np.ones(len(panel), np.int64), None)
    return replace(
        panel,
        batch=shorter,
        censored=np.zeros(len(shorter.values), np.bool_),
        last_ds=panel.last_ds - np.timedelta64(1, "D"),
    )


def _night(panel: DemandPanel) -> str:
    """Compare a night that rolls its models forward with one that fits them."""
    before = _fit(_earlier(panel))
    batch = Batch(panel.batch.values, panel.batch.offsets)
    found = _roll(panel, "AutoETS", before, batch)
    rolled = median_seconds(lambda: _roll(panel, "AutoETS", before, batch), RUNS)
    fitted = median_seconds(lambda: _roll(panel, "AutoETS", None, batch), 1)
    kept = found.outcome.are("rolled").sum()
    return (
        f"A night of {len(panel)} series of {DAYS:,} days, the last one new: {rolled:.3f} s to "
        f"compare histories, roll {kept} models forward and fit {len(panel) - kept} again; "
        f"{fitted:.2f} s to fit them all. A whole night has a backtest too, which fits at every "
        "origin."
    )


def _others(panel: DemandPanel) -> list[str]:
    """Compare such a night of the other models, and what they take on disk."""
    earlier = _earlier(panel)
    batch = Batch(panel.batch.values, panel.batch.offsets)
    told = (
        f"The same night of other models, {len(panel)} series: seconds to compare histories and "
        "roll; to roll where another model of the night had them compared; to fit them all; and "
        "bytes a series as stored."
    )
    lines = [
        told,
        "",
        "| model | rolled | compare and roll | roll | fit all | bytes |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in KEPT:
        before = _roll(earlier, name, None).states
        kept = _roll(panel, name, before, batch).outcome.are("rolled").sum()
        lines.append(f"| {name} | {kept} | {_timed(panel, name, before, batch)} |")
    return lines


def _timed(panel: DemandPanel, name: str, before: SeriesStates[Any], batch: Batch) -> str:
    model, night = find_lasting(name), Night(panel, batch)
    spent = [
        median_seconds(lambda: _roll(panel, name, before, batch), RUNS),
        median_seconds(lambda: _roll(panel, name, before, night=night), RUNS),
        median_seconds(lambda: model.fit(batch, SEASONS), RUNS),
    ]
    many = before.of(np.arange(NIGHTLY) % len(before))
    draws = np.random.default_rng(0)
    words = draws.integers(2**63, size=(2, NIGHTLY)).astype(np.uint64)
    fits = many.fits._make(
        part * draws.normal(1.0, 0.02, part.shape) if part.dtype == np.float64 else part
        for part in many.fits
    )
    signal = draws.normal(0.0, 0.2, NIGHTLY)
    other = replace(many, fits=fits, signal=signal, data=words[0], recent=words[1])
    table = pa.Table.from_pandas(other.to_frame(), preserve_index=False)
    told = " | ".join(f"{seconds:.4f}" for seconds in spent)
    return f"{told} | {len(to_bytes(table)) / NIGHTLY:.0f}"


def _old(panel: DemandPanel) -> list[str]:
    """Compare forecasts of models as old as they may become with those of models of the day."""
    told = (
        f"Mean absolute error over {HORIZON} days of models fitted {AGE} days before and rolled, "
        f"over that of models fitted at the origin, at {len(ORIGINS)} origins; and the share of "
        "the rolled ones that had drifted by then, which a night fits again and this does not."
    )
    lines = [
        told,
        "",
        "| model | least | mean | most | drifted |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in KEPT:
        found = np.array([_age(panel, name, origin) for origin in ORIGINS])
        ratios, drifted = found.T
        spread = f"{ratios.min():.3f} | {ratios.mean():.3f} | {ratios.max():.3f}"
        lines.append(f"| {name} | {spread} | {drifted.mean():.1%} |")
    return lines


def _age(panel: DemandPanel, name: str, origin: int) -> tuple[float, float]:
    """Return the ratio of errors, so many days before the end, and the share that drifted."""
    model, every = find_lasting(name), np.arange(len(panel))
    now = panel.batch.cut(every, np.full(len(panel), origin), None)
    earlier = panel.batch.cut(every, np.full(len(panel), origin + AGE), None)
    came = panel.batch.cut(every, np.full(len(panel), origin - HORIZON), HORIZON)
    actuals = np.stack([came.series(number) for number in range(len(panel))])
    news = now.cut(every, np.zeros(len(panel), np.int64), AGE)
    rolled, signal = model.track(model.fit(earlier, SEASONS), np.zeros(len(panel)), news)
    errors: list[float] = []
    fits: Any
    for fits in (rolled, model.fit(now, SEASONS)):
        own = replace(now, fitted={model: fits})  # type: ignore[dict-item]
        means = model.forecast(own, SEASONS, HORIZON).means
        errors.append(float(np.abs(means - actuals).mean()))
    return errors[0] / errors[1], has_drifted(signal).mean()


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
