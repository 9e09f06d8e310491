"""Options over scenarios: European and American kernels against NumPy and SciPy.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.options

The median of five runs after a warm-up, all in this process. European values are 1e8: of fifty
options under two million scenarios each, compared with the textbook formula in arrays, of all
scenarios at once and in blocks that stay in the cache; American ones with a lattice of 500 steps
in arrays. One thread, by the thread's processor time; then two threads by the clock, each with half
of the options, or of the scenarios.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from benchmarks.machine import describe_machine, median_seconds
from kernels.american import fill_american_values, make_workspace
from kernels.arrays import Floats
from kernels.option_values import fill_option_values

RECORD = Path(__file__).parent / "records" / "options.md"
RUNS = 5
SCENARIOS, OPTIONS, IN_CACHE = 2_000_000, 50, 20_000
AMERICAN, LATTICES, STEPS = 20_000, 200, 500
STRIKE, YEARS, VOLATILITY, PUT = 100.0, 0.5, 0.3, -1.0
STRIKES = np.linspace(80.0, 120.0, OPTIONS)
EVERY, ALL = slice(0, SCENARIOS), slice(None)
SIGNS = np.where(np.arange(OPTIONS) % 2, 1.0, PUT)


def main() -> None:
    """Measure, and write the record."""
    draws = np.random.default_rng(0)
    spots = 100.0 * np.exp(draws.normal(0.0, 0.1, SCENARIOS))
    rates = draws.normal(0.03, 0.002, SCENARIOS)
    lines = [
        "# Options over scenarios",
        "",
        (
            "`OPENBLAS_NUM_THREADS=1 python -m benchmarks.options`: "
            f"{describe_machine('numba', 'numpy', 'scipy')}."
        ),
        "",
        "| option | values a second | peer | ratio | largest difference / strike | / value |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *_european(spots, rates),
        *_american(spots, rates),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _european(spots: Floats, rates: Floats) -> list[str]:
    volatilities, out = np.full(SCENARIOS, VOLATILITY), np.empty(SCENARIOS)
    halves = [slice(0, SCENARIOS // 2), slice(SCENARIOS // 2, SCENARIOS)]
    others = [out, np.empty(SCENARIOS)]

    def ours(part: slice = EVERY, options: slice = ALL, result: Floats = out) -> None:
        own = spots[part], rates[part], volatilities[part]
        for strike, sign in zip(STRIKES[options], SIGNS[options], strict=True):
            fill_option_values(own[0], own[1], own[1], own[2], strike, YEARS, sign, result[part])

    def theirs(part: slice = EVERY, options: slice = ALL) -> None:
        for strike, sign in zip(STRIKES[options], SIGNS[options], strict=True):
            _textbook(spots[part], rates[part], strike, sign)

    def in_cache(part: slice = EVERY) -> None:
        for start in range(part.start, part.stop, IN_CACHE):
            theirs(slice(start, min(start + IN_CACHE, part.stop)))

    def half_of_ours(number: int) -> None:
        ours(EVERY, slice(number, None, 2), others[number])

    def half_of_theirs(number: int) -> None:
        theirs(EVERY, slice(number, None, 2))

    errors = _errors(spots, rates, volatilities)
    many = SCENARIOS * OPTIONS
    own, alone, blocks = (
        many / median_seconds(call, RUNS, time.thread_time) for call in (ours, theirs, in_cache)
    )
    with ThreadPoolExecutor(2) as pool:
        both, both_theirs = (
            many / median_seconds(lambda call=call: list(pool.map(call, (0, 1))), RUNS)  # type: ignore[misc]
            for call in (half_of_ours, half_of_theirs)
        )
        two, other, cached = (
            many / median_seconds(lambda call=call: list(pool.map(call, halves)), RUNS)  # type: ignore[misc]
            for call in (ours, theirs, in_cache)
        )
    return [
        _row("European, NumPy + SciPy", own, alone, *errors),
        _row("European, NumPy + SciPy in blocks of 20,000", own, blocks, *errors),
        _row("European, two threads, half of the options each", both, both_theirs, *errors),
        _row("European, two threads, half of the scenarios each", two, other, *errors),
        _row("the same, NumPy + SciPy in blocks of 20,000", two, cached, *errors),
    ]


def _errors(spots: Floats, rates: Floats, volatilities: Floats) -> tuple[float, float]:
    """Return the largest differences from the textbook's values, over strikes and over values."""
    by_strike, by_value, out = 0.0, 0.0, np.empty(SCENARIOS)
    for strike, sign in zip(STRIKES, SIGNS, strict=True):
        fill_option_values(spots, rates, rates, volatilities, strike, YEARS, sign, out)
        textbook = _textbook(spots, rates, strike, sign)
        difference = np.abs(out - textbook)
        by_strike = max(by_strike, float(difference.max() / strike))
        by_value = max(by_value, float((difference / textbook).max()))
    return by_strike, by_value


def _american(spots: Floats, rates: Floats) -> list[str]:
    values, today = np.empty(AMERICAN), np.array([0.03, 0.03, VOLATILITY])
    volatilities = np.full(AMERICAN, VOLATILITY)

    def ours(part: slice = slice(0, AMERICAN)) -> None:
        told = [spots[part], rates[part], rates[part], volatilities[part]]
        space = make_workspace()
        fill_american_values(*told, STRIKE, YEARS, PUT, today, space, values[part])

    def theirs(part: slice = slice(0, LATTICES)) -> Floats:
        return _lattice(spots[part], rates[part])

    def halves(n: int) -> list[slice]:
        return [slice(0, n // 2), slice(n // 2, n)]

    own = median_seconds(ours, RUNS, time.thread_time)
    lattice = median_seconds(theirs, RUNS, time.thread_time)
    with ThreadPoolExecutor(2) as pool:
        two = median_seconds(lambda: list(pool.map(ours, halves(AMERICAN))), RUNS)
        other = median_seconds(lambda: list(pool.map(theirs, halves(LATTICES))), RUNS)
    lattices = theirs()
    gap = np.abs(values[:LATTICES] - lattices)
    errors = float(gap.max() / STRIKE), float((gap / lattices).max())
    return [
        _row("American put, lattice", AMERICAN / own, LATTICES / lattice, *errors),
        _row("American put, two threads each", AMERICAN / two, LATTICES / other, *errors),
    ]


def _row(name: str, own: float, peer: float, by_strike: float, by_value: float) -> str:
    return (
        f"| {name} | {own:,.0f} | {peer:,.0f} | {own / peer:,.1f} "
        f"| {by_strike:.1e} | {by_value:.1e} |"
    )


def _textbook(spots: Floats, rates: Floats, strike: float, sign: float) -> Floats:
    deviation = VOLATILITY * np.sqrt(YEARS)
    d1 = (np.log(spots / strike) + rates * YEARS) / deviation + 0.5 * deviation
    discounted = strike * np.exp(-rates * YEARS)
    received = spots * ndtr(sign * d1)
    return np.asarray(sign * (received - discounted * ndtr(sign * (d1 - deviation))))


def _lattice(spots: np.ndarray, rates: np.ndarray) -> np.ndarray:
    step = YEARS / STEPS
    up = np.exp(VOLATILITY * np.sqrt(step))
    rise = ((np.exp(rates * step) - 1.0 / up) / (up - 1.0 / up))[:, None]
    discount = np.exp(-rates * step)[:, None]
    powers = up ** (2.0 * np.arange(STEPS + 1) - STEPS)
    values = np.maximum(STRIKE - spots[:, None] * powers, 0.0)
    for level in range(STEPS - 1, -1, -1):
        powers = up ** (2.0 * np.arange(level + 1) - level)
        values = discount * ((1.0 - rise) * values[:, :-1] + rise * values[:, 1:])
        values = np.maximum(values, STRIKE - spots[:, None] * powers)
    return np.asarray(values[:, 0])


if __name__ == "__main__":
    main()
