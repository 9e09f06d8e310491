"""Whether errors that risk figures carry are those that they make.

python -m benchmarks.risk_errors

Of many independent histories of known laws each is a window of historical scenarios, over a day or
over ten days that overlap, of a book of four positions. A stated error holds where its mean is the
deviation of its figure over the histories.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from kernels.arrays import Floats
from kernels.book_losses import book_losses
from risk.measures.allocation import allocate
from risk.measures.tail import MEASURES, measure_tails

RECORD = Path(__file__).parent / "records" / "risk_errors.md"
HISTORIES = 2_000
WINDOWS = (250, 500, 1_000)
HORIZONS = (1, 10)
LEVELS = (0.95, 0.975, 0.99)
INSTRUMENTS = np.arange(4)
QUANTITIES = np.array([1.0, -0.5, 3.0, 0.5])
DEGREES = 5.0
# Of a day's variance: what its surprise and its eve's variance leave in it.
SURPRISE, KEPT = 0.05, 0.90
FORGOTTEN = 300
# Of the mean of four instruments, each the market's number and one of its own.
MARKET_VARIANCE = 1.25


def main() -> None:
    """Measure every history, and write the record."""
    laws = {"normal": _normal, "t(5)": _heavy, "GARCH, t(5)": _clustered}
    rows = [
        f"| {law} | {horizon} | {window:,} | {_told(draw, window, horizon)} |"
        for law, draw in laws.items()
        for horizon in HORIZONS
        for window in WINDOWS
    ]
    names = ("VaR", "ES", "component VaR", "component ES", "incremental VaR", "incremental ES")
    at = ", ".join(f"{level:.1%}" for level in LEVELS)
    lines = [
        "# Errors of historical risk figures",
        "",
        f"`python -m benchmarks.risk_errors`: {describe_machine('numba', 'numpy', 'scipy')}.",
        "",
        (
            f"Mean stated error over the deviation of the figure, of {HISTORIES:,} independent "
            f"histories, at {at}; of components and increments the mean over four positions. "
            f"Stretches of ten days overlap. Days are normal or t, independent, or of a GARCH law "
            f"with t surprises ({SURPRISE:.2f} of a surprise and {KEPT:.2f} of a variance are left "
            f"a day later), which errors do not know of."
        ),
        "",
        f"| days | horizon | window | {' | '.join(names)} |",
        f"| --- | ---: | ---: |{' ---: |' * len(names)}",
        *rows,
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _told(draw: Callable[[int, int], Floats], days: int, horizon: int) -> str:
    """Return the ratios of all figures, as the record tells of them."""
    found = [_measured(_sums(draw(seed, days), horizon), horizon) for seed in range(HISTORIES)]
    figures, errors = (np.array([own[part] for own in found]) for part in range(2))
    ratios = (errors.mean(axis=0) / figures.std(axis=0, ddof=1)).mean(axis=-1)
    return " | ".join(", ".join(f"{ratio:.2f}" for ratio in own) for own in ratios)


def _measured(losses: Floats, overlap: int) -> tuple[Floats, Floats]:
    """Return (n_kinds, n_levels, n_positions) figures, those of the book repeated, and errors."""
    total = book_losses(losses, INSTRUMENTS, QUANTITIES)
    tails = measure_tails(total, LEVELS, overlap)
    parts = allocate(losses, INSTRUMENTS, QUANTITIES, total, tails, LEVELS, overlap)
    figures, errors = (
        np.array(
            [np.repeat([[getattr(t, name + end)] for t in tails], 4, axis=1) for name in MEASURES]
            + [getattr(own, name + end) for own in (parts, parts.incremental) for name in MEASURES]
        )
        for end in ("", "_error")
    )
    return figures, errors


def _sums(daily: Floats, horizon: int) -> Floats:
    """Return (4, days - horizon + 1) losses over the horizon, from each day on."""
    sums = np.concatenate([np.zeros((4, 1)), np.cumsum(daily, axis=1)], axis=1)
    return np.ascontiguousarray(sums[:, horizon:] - sums[:, :-horizon])


def _normal(seed: int, days: int) -> Floats:
    """Return daily losses of four instruments of one market."""
    draws = np.random.default_rng(seed)
    return draws.normal(size=(4, days)) + draws.normal(size=days)


def _heavy(seed: int, days: int) -> Floats:
    scales = (DEGREES - 2.0) / np.random.default_rng((seed, 1)).chisquare(DEGREES, days)
    return _normal(seed, days) * np.sqrt(scales)


def _clustered(seed: int, days: int) -> Floats:
    surprises = _heavy(seed, FORGOTTEN + days)
    # The market's own surprise moves the variance of all.
    squares = surprises.mean(axis=0) ** 2 / MARKET_VARIANCE
    variances = np.empty(len(squares))
    own = 1.0
    for day, square in enumerate(squares):
        variances[day] = own
        own = 1.0 - SURPRISE - KEPT + (SURPRISE * square + KEPT) * own
    return (surprises * np.sqrt(variances))[:, FORGOTTEN:]


if __name__ == "__main__":
    main()
