"""Options over scenarios: European and American kernels against NumPy and SciPy.

python -m benchmarks.options

One thread; the median of five runs after a warm-up, all in this process. European values are
compared with the textbook formula in arrays; American ones with a lattice of 500 steps in arrays.
Times are of the thread's processor.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from benchmarks.machine import describe_machine
from kernels.american import fill_american_values, make_workspace
from kernels.black_scholes import fill_option_values

RECORD = Path(__file__).parent / "records" / "options.md"
RUNS = 5
EUROPEAN, AMERICAN, LATTICES, STEPS = 2_000_000, 20_000, 200, 500
STRIKE, YEARS, VOLATILITY, PUT = 100.0, 0.5, 0.3, -1.0


def main() -> None:
    """Measure, and write the record."""
    draws = np.random.default_rng(0)
    spots = 100.0 * np.exp(draws.normal(0.0, 0.1, EUROPEAN))
    rates = draws.normal(0.03, 0.002, EUROPEAN)
    volatilities = np.full(EUROPEAN, VOLATILITY)
    out = np.empty(EUROPEAN)
    ours = _median(
        lambda: fill_option_values(spots, rates, rates, volatilities, STRIKE, YEARS, PUT, out)
    )
    theirs = _median(lambda: _textbook(spots, rates))
    error = float(np.abs(out - _textbook(spots, rates)).max() / STRIKE)
    american, today, space = (
        np.empty(AMERICAN),
        np.array([0.03, 0.03, VOLATILITY]),
        make_workspace(),
    )
    part = [array[:AMERICAN] for array in (spots, rates, rates, volatilities)]
    own = _median(lambda: fill_american_values(*part, STRIKE, YEARS, PUT, today, space, american))
    lattice = _median(lambda: _lattice(spots[:LATTICES], rates[:LATTICES]))
    gap = float(np.abs(american[:LATTICES] - _lattice(spots[:LATTICES], rates[:LATTICES])).max())
    lines = [
        "# Options over scenarios",
        "",
        f"`python -m benchmarks.options`: {describe_machine('numba', 'numpy', 'scipy')}.",
        "",
        "| option | values a second | peer | ratio | largest difference / strike |",
        "| --- | ---: | ---: | ---: | ---: |",
        _row("European, NumPy + SciPy", EUROPEAN / ours, EUROPEAN / theirs, error),
        _row("American put, lattice", AMERICAN / own, LATTICES / lattice, gap / STRIKE),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _row(name: str, own: float, peer: float, error: float) -> str:
    return f"| {name} | {own:,.0f} | {peer:,.0f} | {own / peer:,.1f} | {error:.1e} |"


def _median(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(RUNS):
        started = time.thread_time()
        call()
        times.append(time.thread_time() - started)
    return statistics.median(times)


def _textbook(spots: np.ndarray, rates: np.ndarray) -> np.ndarray:
    deviation = VOLATILITY * np.sqrt(YEARS)
    d1 = (np.log(spots / STRIKE) + rates * YEARS) / deviation + 0.5 * deviation
    discounted = STRIKE * np.exp(-rates * YEARS)
    return np.asarray(discounted * ndtr(deviation - d1) - spots * ndtr(-d1))


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
