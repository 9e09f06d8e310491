"""European options over scenarios on a GPU, a thread a scenario."""

import math
from collections.abc import Sequence
from typing import Any

from numba import cuda

from kernels.arrays import Floats
from kernels.cuda.grids import THREADS, blocks_for
from kernels.cuda.streams import stream_rows
from kernels.option_values import value_with_carry, value_without_dividends


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
