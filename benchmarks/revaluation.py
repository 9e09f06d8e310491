"""Futures, currency forwards and bonds over scenarios: our kernels against NumPy.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.revaluation

The median of five runs after a warm-up, all in this process: fifty instruments of each kind under
two hundred thousand scenarios each, of their prices, their rates and the five tenors of a curve.
NumPy's values are of all scenarios at once, and of blocks that stay in the cache; its bonds add up
flow after flow. One thread, by the thread's processor time; then two threads, each with half of the
scenarios, by the clock.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine, median_seconds
from kernels.arrays import Floats
from kernels.scenario_values import (
    Flows,
    fill_bond_values,
    fill_forward_values,
    fill_future_values,
)
from risk.market.curves import tenor_shares

RECORD = Path(__file__).parent / "records" / "revaluation.md"
RUNS = 5
SCENARIOS, INSTRUMENTS, IN_CACHE = 200_000, 50, 5_000
TENORS, LEVELS = np.array([0.5, 1.0, 2.0, 5.0, 10.0]), np.linspace(0.02, 0.04, 5)
HALF_YEARS = np.arange(1, 21) / 2.0 - 0.1
STRIKES = np.linspace(0.9, 1.1, INSTRUMENTS)
YEARS = 0.5
WHOLE = slice(0, SCENARIOS)
HALVES = (slice(0, SCENARIOS // 2), slice(SCENARIOS // 2, SCENARIOS))
Values = Callable[[float, slice], Floats]


@dataclass(frozen=True)
class Kind:
    """One kind of instrument, by our kernel and in NumPy.

    Parameters
    ----------
    name : of the row
    ours, theirs : return the values of one instrument in a part of the scenarios
    """

    name: str
    ours: Values
    theirs: Values


def main() -> None:
    """Measure, and write the record."""
    lines = [
        "# Futures, forwards and bonds over scenarios",
        "",
        (
            "`OPENBLAS_NUM_THREADS=1 python -m benchmarks.revaluation`: "
            f"{describe_machine('numba', 'numpy')}."
        ),
        "",
        (
            f"{INSTRUMENTS} of each kind under {SCENARIOS:,} scenarios; bonds pay "
            f"{len(HALF_YEARS)} coupons on a curve of {len(TENORS)} tenors. Two threads are timed "
            "by the clock, which tells little where other programs run: the machine's load was "
            f"{os.getloadavg()[0]:.1f} before."
        ),
        "",
        (
            f"| kind | threads each | values a second | NumPy | in blocks of {IN_CACHE:,} "
            "| ratio | in blocks | largest difference |"
        ),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(row for kind in _kinds() for row in _rows(kind)),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _kinds() -> list[Kind]:
    draws = np.random.default_rng(0)
    moves = draws.normal(0.0, 0.02, SCENARIOS)
    rates = draws.normal(0.0, 0.001, (len(TENORS), SCENARIOS))
    domestic, foreign = draws.normal(0.03, 0.002, (2, SCENARIOS))
    # A thread's half lies together, as all of a night's scenarios do.
    own_rates = {
        (part.start, part.stop): np.ascontiguousarray(rates[:, part]) for part in (WHOLE, *HALVES)
    }
    out = np.empty(SCENARIOS)
    # Column j interpolates the curve that is 1 at tenor j and 0 at the others.
    units = np.eye(len(TENORS))
    weights = np.column_stack([np.interp(HALF_YEARS, TENORS, unit) for unit in units])

    def flows(strike: float) -> Flows:
        amounts = np.full(len(HALF_YEARS), 0.02 * strike)
        amounts[-1] += 1.0
        return Flows(amounts, HALF_YEARS, *tenor_shares(TENORS, HALF_YEARS))

    def future(strike: float, part: slice) -> Floats:
        fill_future_values(moves[part], strike, out[part])
        return out[part]

    def future_in_numpy(strike: float, part: slice) -> Floats:
        return np.asarray(strike * np.exp(moves[part]) - strike)

    def forward(strike: float, part: slice) -> Floats:
        told = moves[part], domestic[part], foreign[part]
        fill_forward_values(*told, 1.0, strike, YEARS, out[part])
        return out[part]

    def forward_in_numpy(strike: float, part: slice) -> Floats:
        received = np.exp(moves[part]) * np.exp(-foreign[part] * YEARS)
        return np.asarray(received - strike * np.exp(-domestic[part] * YEARS))

    def bond(strike: float, part: slice) -> Floats:
        fill_bond_values(own_rates[part.start, part.stop], LEVELS, flows(strike), out[part])
        return out[part]

    def bond_in_numpy(strike: float, part: slice) -> Floats:
        own = weights @ (LEVELS[:, None] + rates[:, part])
        values = np.zeros(own.shape[1])
        for amount, left, rate in zip(flows(strike).amounts, HALF_YEARS, own, strict=True):
            values += amount * np.exp(-rate * left)
        return values

    return [
        Kind("future", future, future_in_numpy),
        Kind("currency forward", forward, forward_in_numpy),
        Kind("bond", bond, bond_in_numpy),
    ]


def _rows(kind: Kind) -> list[str]:
    def each(values: Values, part: slice, at_once: int = SCENARIOS) -> None:
        for strike in STRIKES:
            for start in range(part.start, part.stop, at_once):
                values(strike, slice(start, min(start + at_once, part.stop)))

    cases = ((kind.ours, SCENARIOS), (kind.theirs, SCENARIOS), (kind.theirs, IN_CACHE))
    gap = _largest_difference(kind)
    alone = [
        median_seconds(lambda c=case: each(c[0], WHOLE, c[1]), RUNS, time.thread_time)  # type: ignore[misc]
        for case in cases
    ]
    with ThreadPoolExecutor(2) as pool:
        two = [
            median_seconds(
                lambda c=case: list(pool.map(lambda part: each(c[0], part, c[1]), HALVES)),  # type: ignore[misc]
                RUNS,
            )
            for case in cases
        ]
    return [_row(kind.name, 1, alone, gap), _row(kind.name, 2, two, gap)]


def _largest_difference(kind: Kind) -> float:
    return max(
        float(np.abs(kind.ours(strike, WHOLE) - kind.theirs(strike, WHOLE)).max())
        for strike in STRIKES
    )


def _row(name: str, threads: int, seconds: list[float], gap: float) -> str:
    own, numpy, blocks = (INSTRUMENTS * SCENARIOS / took for took in seconds)
    return (
        f"| {name} | {threads} | {own:,.0f} | {numpy:,.0f} | {blocks:,.0f} | {own / numpy:,.1f} "
        f"| {own / blocks:,.1f} | {gap:.1e} |"
    )


if __name__ == "__main__":
    main()
