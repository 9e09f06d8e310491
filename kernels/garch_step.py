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
# Relative to the largest pivot, or to the diagonal before it, what passes for a singular matrix.
_SINGULAR = 1e-13
# Relative to how far the step would go without bounds, what is rounding.
_ROUNDING = 1e-13


class StepScratch(NamedTuple):
    """Memory of a step of up to ``n`` parameters within up to ``m`` bounds.

    Parameters
    ----------
    factor : (n, n) float64, Cholesky's of the curvature
    goal : (n,) float64, where the step would end without bounds; the curvature there is one
    rows, room : (m, n) and (m,) float64, bounds in the same space, of length one
    gram, prices : (m, m) and (m,) float64, of the rows that bind
    move : (n,) float64
    binding : (m,) int64
    """

    factor: Floats
    goal: Floats
    rows: Floats
    room: Floats
    gram: Floats
    prices: Floats
    move: Floats
    binding: Integers


@njit(cache=True, nogil=True)
def step_scratch(n: int, m: int) -> StepScratch:
    """Return memory for steps of ``n`` parameters within ``m`` bounds."""
    return StepScratch(
        np.empty((n, n)),
        np.empty(n),
        np.empty((m, n)),
        np.empty(m),
        np.empty((m, m)),
        np.empty(m),
        np.empty(n),
        np.empty(m, np.int64),
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
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

    With the curvature's factor L, that is the point within the bounds that is nearest to
    L^-1 slope, in coordinates L'step.

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
    factor, goal = scratch.factor, scratch.goal
    if not _factorise(curvature, factor):
        return False
    for i in range(n):
        goal[i] = slope[i]
    _solve_lower(factor, goal)
    for i in range(n):
        step[i] = goal[i]
    _solve_upper(factor, step)
    free[:] = 1.0
    if _is_within(rows, room, step):
        return True
    _lay_bounds(rows, room, scratch)
    found: bool = _nearest(scratch, m, step, free)
    _solve_upper(factor, step)
    return found


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _lay_bounds(rows: Floats, room: Floats, scratch: StepScratch) -> None:
    """Fill the bounds as they are in the space where the curvature is one."""
    m, n = rows.shape
    for row in range(m):
        own, square = scratch.rows[row], 0.0
        for i in range(n):
            own[i] = rows[row, i]
        _solve_lower(scratch.factor, own[:n])
        for i in range(n):
            square += own[i] * own[i]
        shrink = 1.0 / math.sqrt(square)
        for i in range(n):
            own[i] *= shrink
        scratch.room[row] = room[row] * shrink


@njit(cache=True, nogil=True, forceinline=True)
def _is_within(rows: Floats, room: Floats, step: Floats) -> bool:
    """Whether a step keeps all bounds."""
    kept = True
    for row in range(rows.shape[0]):
        used = 0.0
        for i in range(step.shape[0]):
            used += rows[row, i] * step[i]
        kept &= used <= room[row]
    return kept


@njit(cache=True, nogil=True, forceinline=True)
def _solve_upper(factor: Floats, right: Floats) -> None:
    """Solve in place by the transpose of a factor whose diagonal is one over itself."""
    for i in range(right.shape[0] - 1, -1, -1):
        for j in range(i + 1, right.shape[0]):
            right[i] -= factor[j, i] * right[j]
        right[i] *= factor[i, i]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _factorise(curvature: Floats, factor: Floats) -> bool:
    """Fill Cholesky's factor of the curvature; False where it is singular.

    Parameters
    ----------
    curvature : (n, n) float64
    factor : (>= n, >= n) float64, lower triangle filled; its diagonal is one over the factor's
    """
    for i in range(curvature.shape[0]):
        for j in range(i):
            left = curvature[i, j]
            for inner in range(j):
                left -= factor[i, inner] * factor[j, inner]
            factor[i, j] = left * factor[j, j]
        left = curvature[i, i]
        for inner in range(i):
            left -= factor[i, inner] * factor[i, inner]
        if not (left > _SINGULAR * curvature[i, i] and left > 0.0):
            return False
        factor[i, i] = 1.0 / math.sqrt(left)
    return True


@njit(cache=True, nogil=True, forceinline=True)
def _solve_lower(factor: Floats, right: Floats) -> None:
    """Solve in place by a factor whose diagonal is one over itself."""
    for i in range(right.shape[0]):
        for j in range(i):
            right[i] -= factor[i, j] * right[j]
        right[i] *= factor[i, i]


@njit(cache=True, nogil=True, forceinline=True)
def _nearest(scratch: StepScratch, m: int, step: Floats, free: Floats) -> bool:
    """Fill the point within the bounds that is nearest to the goal; whether it was found."""
    n = step.shape[0]
    rows, room = scratch.rows[:m, :n], scratch.room[:m]
    move, prices = scratch.move[:n], scratch.prices
    step[:] = 0.0
    length = 0.0
    for i in range(n):
        length += scratch.goal[i] * scratch.goal[i]
    noise = _ROUNDING * math.sqrt(length)
    for _ in range(_MOST_ROUNDS):
        n_binding = _list_binding(free, scratch.binding)
        if not _move_along(scratch, n_binding, step):
            return False
        share, blocker = _first_blocked(rows, room, free, step, move, noise)
        for i in range(n):
            step[i] += share * move[i]
        if blocker >= 0:
            free[blocker] = 0.0
            continue
        pushed, least = -1, -noise
        for place in range(n_binding):
            if prices[place] < least:
                least, pushed = prices[place], scratch.binding[place]
        if pushed < 0:
            return True
        free[pushed] = 1.0
    return False


@njit(cache=True, nogil=True, forceinline=True)
def _list_binding(free: Floats, binding: Integers) -> int:
    count = 0
    for row in range(free.shape[0]):
        if free[row] == 0.0:
            binding[count] = row
            count += 1
    return count


@njit(cache=True, nogil=True, forceinline=True)
def _move_along(scratch: StepScratch, count: int, step: Floats) -> bool:
    """Find the move from ``step`` that ends nearest to the goal along the binding rows, and prices.

    Parameters
    ----------
    scratch : whose ``move`` and ``prices`` are filled
    count : rows that bind
    step : (n,) float64
    """
    rows, move, prices, gram = scratch.rows, scratch.move, scratch.prices, scratch.gram
    n = step.shape[0]
    for i in range(n):
        move[i] = scratch.goal[i] - step[i]
    for place in range(count):
        own = rows[scratch.binding[place]]
        prices[place] = 0.0
        for i in range(n):
            prices[place] += own[i] * move[i]
        for other in range(count):
            gram[place, other] = 0.0
            for i in range(n):
                gram[place, other] += own[i] * rows[scratch.binding[other], i]
    if not solve_in_place(gram, prices, count):
        return False
    for place in range(count):
        for i in range(n):
            move[i] -= prices[place] * rows[scratch.binding[place], i]
    return True


@njit(cache=True, nogil=True, forceinline=True)
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


@njit(cache=True, nogil=True, forceinline=True)
def _swap_rows(matrix: Floats, right: Floats, one: int, other: int, size: int) -> None:
    for column in range(size):
        kept = matrix[one, column]
        matrix[one, column] = matrix[other, column]
        matrix[other, column] = kept
    kept = right[one]
    right[one] = right[other]
    right[other] = kept


@njit(cache=True, nogil=True, forceinline=True)
def _first_blocked(
    rows: Floats, room: Floats, free: Floats, step: Floats, move: Floats, noise: float
) -> tuple[float, int]:
    """Return how much of the move may be made, and the row that blocks the rest, or -1.

    A row that it nears by no more than ``noise`` blocks nothing.
    """
    share, blocker = 1.0, -1
    for row in range(rows.shape[0]):
        if free[row] == 0.0:
            continue
        used, more = 0.0, 0.0
        for i in range(step.shape[0]):
            used += rows[row, i] * step[i]
            more += rows[row, i] * move[i]
        left = max(room[row] - used, 0.0)
        if more > noise and left < share * more:
            share, blocker = left / more, row
    return share, blocker
