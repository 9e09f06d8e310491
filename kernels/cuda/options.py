"""Options over scenarios on a GPU, a thread a scenario."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import cuda

from kernels.american import Workspace, fill_lattice_values, fit_today, value_near
from kernels.american_boundary import COLLOCATION
from kernels.arrays import Floats
from kernels.cuda.grids import THREADS, blocks_for
from kernels.cuda.streams import stream_rows
from kernels.cuda.views import view
from kernels.option_values import value_with_carry, value_without_dividends

_POINTS = COLLOCATION + 1


@cuda.jit
def value_options_with_carry(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    log_strike: float,
    left: float,
    root: float,
    sign: float,
    out: Floats,
) -> None:
    """Fill ``out`` with `kernels.option_values.value_with_carry` of each scenario."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        out[s] = value_with_carry(
            spots[s], rates[s], carries[s], volatilities[s], strike, log_strike, left, root, sign
        )


@cuda.jit
def value_options_without_dividends(
    spots: Floats,
    rates: Floats,
    volatilities: Floats,
    strike: float,
    log_strike: float,
    left: float,
    root: float,
    sign: float,
    out: Floats,
) -> None:
    """Fill ``out`` with `kernels.option_values.value_without_dividends` of each scenario."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        out[s] = value_without_dividends(
            spots[s], rates[s], volatilities[s], strike, log_strike, left, root, sign
        )


@cuda.jit
def value_american_options(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    near: bool,
    today: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` with `kernels.american.value_near` of each scenario."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        points = cuda.local.array(_POINTS, np.float64)
        out[s] = value_near(
            spots[s],
            strike,
            rates[s],
            carries[s],
            volatilities[s],
            years,
            sign,
            near,
            view(today),
            view(points),
        )


def fill_option_values(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    out: Floats,
    *,
    at_once: int | None = None,
) -> None:
    """Fill the value of one European option under each scenario.

    Arguments and result are those of `kernels.option_values.fill_option_values`, within 1e-13 of
    spot and strike: a GPU may round a product and a sum once where the processor rounds twice.

    Parameters
    ----------
    at_once : scenarios on the device at a time; None is as many as fit
    """
    left = max(years, 0.0)
    contract = (strike, math.log(strike), left, math.sqrt(left), sign)
    own = carries is rates
    given = [spots, rates, volatilities] if own else [spots, rates, carries, volatilities]
    kernel = value_options_without_dividends if own else value_options_with_carry

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        kernel[blocks_for(outputs[0].size), THREADS, stream](*inputs, *contract, outputs[0])

    stream_rows(given, [out], launch, at_once)


def fill_american_values(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    today: Floats,
    space: Workspace,
    out: Floats,
    *,
    at_once: int | None = None,
) -> None:
    """Fill the value of one American option under each scenario.

    Arguments and result are those of `kernels.american.fill_american_values`, within 1e-6 of spot
    and strike: a boundary may be searched for once more or less than on the processor. Where
    exercise has two boundaries the processor works the lattice.

    Parameters
    ----------
    at_once : scenarios on the device at a time; None is as many as fit
    """
    near = fit_today(today, years, sign, space.today)
    boundary = cuda.to_device(space.today)

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        blocks = blocks_for(outputs[0].size)
        value_american_options[blocks, THREADS, stream](
            *inputs, strike, years, sign, near, boundary, outputs[0]
        )

    stream_rows([spots, rates, carries, volatilities], [out], launch, at_once)
    fill_lattice_values(spots, rates, carries, volatilities, strike, years, sign, space.ladder, out)
