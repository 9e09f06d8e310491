"""Futures, currency forwards and bonds over scenarios on a GPU, a thread a scenario."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import cuda

from kernels.arrays import Floats, Integers
from kernels.cuda.grids import THREADS, blocks_for
from kernels.cuda.streams import stream_rows
from kernels.scenario_values import Flows, flow_value, forward_value, future_value, moved_rate


@cuda.jit
def value_futures(moves: Floats, level: float, out: Floats) -> None:
    """Fill ``out`` with `kernels.scenario_values.future_value` of each scenario."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        out[s] = future_value(level, moves[s])


@cuda.jit
def value_forwards(
    moves: Floats,
    domestic: Floats,
    foreign: Floats,
    level: float,
    strike: float,
    left: float,
    out: Floats,
) -> None:
    """Fill ``out`` with `kernels.scenario_values.forward_value` of each scenario."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        out[s] = forward_value(level, moves[s], domestic[s], foreign[s], strike, left)


@cuda.jit
def value_bonds(
    moves: Floats,
    levels: Floats,
    amounts: Floats,
    left: Floats,
    near: Integers,
    far: Integers,
    near_share: Floats,
    far_share: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` with the sum of `kernels.scenario_values.flow_value`, a scenario a row."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        value = 0.0
        for k in range(amounts.shape[0]):
            a, b = near[k], far[k]
            rate = moved_rate(
                moves[s, a], moves[s, b], levels[a], levels[b], near_share[k], far_share[k]
            )
            value += flow_value(amounts[k], left[k], rate)
        out[s] = value


def fill_future_values(
    moves: Floats, level: float, out: Floats, *, at_once: int | None = None
) -> None:
    """Fill the value of one future under each scenario.

    Arguments and result are those of `kernels.scenario_values.fill_future_values`, to rounding: a
    GPU may round a product and a sum once where the processor rounds twice.

    Parameters
    ----------
    at_once : scenarios on the device at a time; None is as many as fit
    """

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        blocks = blocks_for(outputs[0].size)
        value_futures[blocks, THREADS, stream](inputs[0], level, outputs[0])

    stream_rows([moves], [out], launch, at_once)


def fill_forward_values(
    moves: Floats,
    domestic: Floats,
    foreign: Floats,
    level: float,
    strike: float,
    years: float,
    out: Floats,
    *,
    at_once: int | None = None,
) -> None:
    """Fill the value of one currency forward under each scenario.

    Arguments and result are those of `kernels.scenario_values.fill_forward_values`, to rounding.

    Parameters
    ----------
    at_once : scenarios on the device at a time; None is as many as fit
    """
    left = max(years, 0.0)

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        blocks = blocks_for(outputs[0].size)
        value_forwards[blocks, THREADS, stream](*inputs, level, strike, left, outputs[0])

    stream_rows([moves, domestic, foreign], [out], launch, at_once)


def fill_bond_values(
    moves: Floats, levels: Floats, flows: Flows, out: Floats, *, at_once: int | None = None
) -> None:
    """Fill the value of one bond under each scenario.

    Arguments and result are those of `kernels.scenario_values.fill_bond_values`, to rounding.

    Parameters
    ----------
    at_once : scenarios on the device at a time; None is as many as fit
    """
    used, places = np.unique(np.stack([flows.near, flows.far]), return_inverse=True)
    near, far = places.reshape(2, -1)
    own = flows._replace(near=np.ascontiguousarray(near), far=np.ascontiguousarray(far))
    told = [cuda.to_device(array) for array in (levels[used], *own)]

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        blocks = blocks_for(outputs[0].size)
        value_bonds[blocks, THREADS, stream](inputs[0], *told, outputs[0])

    stream_rows([np.ascontiguousarray(moves[used].T)], [out], launch, at_once)
