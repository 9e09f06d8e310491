"""Parts of `benchmarks.gpu` that value options."""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.gpu_rows import XP, Row, Sizes, measure, transfer_seconds
from kernels.american import fill_american_values, fit_today, make_workspace
from kernels.arrays import Floats
from kernels.cuda import options
from kernels.cuda.arrays import for_grids, to_host
from kernels.cuda.grids import THREADS, blocks_for
from kernels.option_values import fill_option_values


def option_market(n: int) -> tuple[Floats, Floats]:
    """Return spots, money, and rates of scenarios, (n,) each."""
    rng = np.random.default_rng(0)
    return 100.0 * np.exp(rng.normal(0.0, 0.1, n)), rng.normal(0.03, 0.002, n)


def european_options(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Values of one option over scenarios, its own rate and volatility in each."""
    n, checked = sizes.options, min(sizes.options, sizes.checked)
    own = option_market(checked)
    spots, rates = (xp.resize(xp.asarray(array), n) for array in own)
    out = xp.empty(n)
    far = [for_grids(array) for array in (spots, rates, xp.full(n, 0.3))]
    contract = (100.0, math.log(100.0), 0.5, math.sqrt(0.5), -1.0)
    kernel = options.value_options_without_dividends[blocks_for(n), THREADS]
    filled = for_grids(out)
    seconds = measure(lambda: kernel(*far, *contract, filled))
    expected = np.empty(checked)
    flat = np.full(checked, 0.3)
    fill_option_values(own[0], own[1], own[1], flat, 100.0, 0.5, -1.0, expected)
    error = float(np.abs(to_host(out[:checked]) - expected).max() / 100.0)
    host = np.resize(own[0], min(n, 50_000_000)), np.resize(own[1], min(n, 50_000_000))
    flat, result = np.full(len(host[0]), 0.3), np.empty(len(host[0]))
    told = (host[0], host[1], host[1], flat, 100.0, 0.5, -1.0)
    whole = measure(lambda: options.fill_option_values(*told, result), 1)
    through = f"{len(result) / whole:.3g} values a second through the bus"
    yield Row(
        "options",
        f"{n:,}",
        seconds,
        transfer_seconds(24.0 * n, 8.0 * n),
        moved=32.0 * n,
        operations=math.nan,
        error=error,
        note=through,
    )


def american_options(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Values of one American put over scenarios, its own rate and volatility in each."""
    n, checked = sizes.american, min(sizes.american, sizes.checked // 10)
    spots, rates = option_market(n)
    volatilities, today, space = np.full(n, 0.3), np.array([0.03, 0.03, 0.3]), make_workspace()
    contract = (100.0, 0.5, -1.0)
    near = fit_today(today, *contract[1:], space.today)
    given = [for_grids(xp.asarray(array)) for array in (spots, rates, rates, volatilities)]
    boundary, filled = for_grids(xp.asarray(space.today)), for_grids(xp.empty(n))
    kernel = options.value_american_options[blocks_for(n), THREADS]
    seconds = measure(lambda: kernel(*given, *contract, near, boundary, filled))
    out, expected = np.empty(n), np.empty(checked)
    told = (spots, rates, rates, volatilities, *contract, today, space)
    whole = measure(lambda: options.fill_american_values(*told, out), 1)
    few = [array[:checked] for array in told[:4]]
    fill = partial(fill_american_values, *few, *contract, today, space, expected)
    own = measure(fill, 1) * n / checked
    yield Row(
        "American options",
        f"{n:,}",
        seconds,
        transfer_seconds(32.0 * n, 8.0 * n),
        moved=40.0 * n,
        operations=math.nan,
        error=float(np.abs(out[:checked] - expected).max() / 100.0),
        note=f"the whole call {whole:.3g} s; the processor {own:.3g} s by {checked:,} of them",
    )
