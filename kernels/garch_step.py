"""The best step of a concave quadratic within bounds: the step that a GARCH fit takes next.

References
----------
Nocedal & Wright (2006), "Numerical optimization", algorithm 16.3 (active sets).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

_MOST_ROUNDS = 60
# Relative to the largest pivot, what passes for a singular matrix.
_SINGULAR = 1e-13


class StepScratch(NamedTuple):
    """Memory of a step of up to ``n`` parameters within up to ``m`` bounds.

    Parameters
    ----------
    unit, slope : (n,) float64
    curvature : (n, n) float64
    rows, room : (m, n) and (m,) float64
    matrix, right : (n + m, n + m) and (n + m,) float64
    binding : (m,) int64
    """

    unit: Floats
    slope: Floats
    curvature: Floats
    rows: Floats
    room: Floats
    matrix: Floats
    right: Floats
    binding: Integers


@njit(cache=True, nogil=True)
def step_scratch(n: int, m: int) -> StepScratch:
    """Return memory for steps of ``n`` parameters within ``m`` bounds."""
    return StepScratch(
        np.empty(n),
        np.empty(n),
        np.empty((n, n)),
        np.empty((m, n)),
        np.empty(m),
        np.zeros((n + m, n + m)),
        np.zeros(n + m),
        np.empty(m, np.int64),
    )


@njit(cache=True, nogil=True)
def best_step(
    slope: Floats,
    curvature: Floats,
    rows: Floats,
    room: Floats,
    step: Floats,
    free: Floats,
    scratch: StepScratch,
) -> bool:
    """Fill the step that maximises ``slope'step - step'curvature step / 2`` where it may go.

    Parameters
    ----------
    slope : (n,) float64
    curvature : (n, n) float64, symmetric and positive definite
    rows, room : (m, n) and (m,) float64: a step must keep ``rows @ step <= room``; room >= 0
    step : (n,) float64, filled
    free : (m,) float64, filled: 0 where a row binds the step, 1 elsewhere
    scratch : memory

    Returns
    -------
    Whether it was found: False where the curvature is singular.
    """
    m, n = rows.shape
    unit, scaled_slope, scaled = scratch.unit, scratch.slope, scratch.curvature
    scaled_rows, scaled_room = scratch.rows[:m, :n], scratch.room
    for i in range(n):
        if not curvature[i, i] > 0.0:
            return False
        unit[i] = 1.0 / math.sqrt(curvature[i, i])
    for i in range(n):
        scaled_slope[i] = slope[i] * unit[i]
        for j in range(n):
            scaled[i, j] = curvature[i, j] * unit[i] * unit[j]
    for row in range(m):
        length = 0.0
        for i in range(n):
            scaled_rows[row, i] = rows[row, i] * unit[i]
            length += scaled_rows[row, i] * scaled_rows[row, i]
        for i in range(n):
            scaled_rows[row, i] /= math.sqrt(length)
        scaled_room[row] = room[row] / math.sqrt(length)
    found: bool = _scaled_step(scaled_slope, scaled, scaled_rows, scaled_room, step, free, scratch)
    for i in range(n):
        step[i] *= unit[i]
    return found


@njit(cache=True, nogil=True)
def _scaled_step(
    slope: Floats,
    curvature: Floats,
    rows: Floats,
    room: Floats,
    step: Floats,
    free: Floats,
    scratch: StepScratch,
) -> bool:
    """Fill the best step where the curvature's diagonal and the rows' lengths are one."""
    n = rows.shape[1]
    step[:] = 0.0
    free[:] = 1.0
    matrix, right, binding = scratch.matrix, scratch.right, scratch.binding
    for _ in range(_MOST_ROUNDS):
        n_binding = _list_binding(free, binding)
        bound = binding[:n_binding]
        if not _solve_on(slope, curvature, rows, bound, step, matrix, right):
            return False
        share, blocker = _first_blocked(rows, room, free, step, right[:n])
        for i in range(n):
            step[i] += share * right[i]
        if blocker >= 0:
            free[blocker] = 0.0
            continue
        pushed, least = -1, 0.0
        for place in range(n_binding):
            if right[n + place] < least:
                least, pushed = right[n + place], binding[place]
        if pushed < 0:
            return True
        free[pushed] = 1.0
    return False


@njit(cache=True, nogil=True)
def _list_binding(free: Floats, binding: Integers) -> int:
    count = 0
    for row in range(free.shape[0]):
        if free[row] == 0.0:
            binding[count] = row
            count += 1
    return count


@njit(cache=True, nogil=True)
def _solve_on(
    slope: Floats,
    curvature: Floats,
    rows: Floats,
    binding: Integers,
    step: Floats,
    matrix: Floats,
    right: Floats,
) -> bool:
    """Leave in ``right`` the move from ``step`` that is best along the binding rows, and prices."""
    n, count = step.shape[0], binding.shape[0]
    for i in range(n):
        right[i] = slope[i]
        for j in range(n):
            matrix[i, j] = curvature[i, j]
            right[i] -= curvature[i, j] * step[j]
        for place in range(count):
            matrix[i, n + place] = matrix[n + place, i] = rows[binding[place], i]
    for place in range(count):
        right[n + place] = 0.0
        for other in range(count):
            matrix[n + place, n + other] = 0.0
    solved: bool = solve_in_place(matrix, right, n + count)
    return solved


@njit(cache=True, nogil=True)
def solve_in_place(matrix: Floats, right: Floats, size: int) -> bool:
    """Solve the leading ``size`` equations by elimination with row pivots; False if singular."""
    largest = 0.0
    for column in range(size):
        pivot = column
        for row in range(column + 1, size):
            if abs(matrix[row, column]) > abs(matrix[pivot, column]):
                pivot = row
        largest = max(largest, abs(matrix[pivot, column]))
        if not abs(matrix[pivot, column]) > _SINGULAR * largest:
            return False
        _swap_rows(matrix, right, column, pivot, size)
        for row in range(column + 1, size):
            factor = matrix[row, column] / matrix[column, column]
            for other in range(column, size):
                matrix[row, other] -= factor * matrix[column, other]
            right[row] -= factor * right[column]
    for row in range(size - 1, -1, -1):
        for other in range(row + 1, size):
            right[row] -= matrix[row, other] * right[other]
        right[row] /= matrix[row, row]
    return True


@njit(cache=True, nogil=True)
def _swap_rows(matrix: Floats, right: Floats, one: int, other: int, size: int) -> None:
    for column in range(size):
        kept = matrix[one, column]
        matrix[one, column] = matrix[other, column]
        matrix[other, column] = kept
    kept = right[one]
    right[one] = right[other]
    right[other] = kept


@njit(cache=True, nogil=True)
def _first_blocked(
    rows: Floats, room: Floats, free: Floats, step: Floats, move: Floats
) -> tuple[float, int]:
    """Return how much of the move may be made, and the row that blocks the rest, or -1."""
    share, blocker = 1.0, -1
    for row in range(rows.shape[0]):
        if free[row] == 0.0:
            continue
        used, more = 0.0, 0.0
        for i in range(step.shape[0]):
            used += rows[row, i] * step[i]
            more += rows[row, i] * move[i]
        left = max(room[row] - used, 0.0)
        if more > 0.0 and left < share * more:
            share, blocker = left / more, row
    return share, blocker
