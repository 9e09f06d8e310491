"""Likelihood of exponential smoothing models, with slope and curvature: sixteen abreast, or one.

One pass carries sixteen series, each with its own parameters, through the recursion and its
derivatives by every parameter, and adds up what a Gauss-Newton step needs. No state is kept: the
seasons live in a ring. With additive seasons the errors answer to a starting season as they do to
the first one, so many periods later: a single response and its recent past stand for all of them.
Lanes never meet and nothing is reassociated, so a series' numbers are the same to the bit whatever
its neighbours are. Past its end a lane weighs zero.

With flat arrays that is a processor's core at work; with tables, of one column, it is a thread of a
GPU with one series (`kernels.lanes`).

References
----------
Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", section 5.1 (the
likelihood); Nocedal & Wright (2006), "Numerical Optimization", section 10.3 (Gauss-Newton).
"""

import math
from typing import NamedTuple

from numba import njit

from kernels.arrays import Floats
from kernels.ets_shape import Shape, count_parameters
from kernels.ets_step import ADDED, DAMPED, RATIO
from kernels.lanes import (
    add_lanes,
    add_number,
    choose_below,
    lanes_of,
    load_lanes,
    number_at,
    store_lanes,
)

# Four rows of derivatives are multiplied at a time.
_ROWS = 4
_PERIODS_A_LOGARITHM = 8
# A mean or a season of a model of ratios lies above these, in units of the series' mean.
SMALLEST_MEAN = 1e-10
SMALLEST_SEASON = 1e-6

# First rows of a room: lengths of the series, ...
LENGTHS = 0
# ... the recursion, ...
_ALPHA, _BETA, _GAMMA, _DAMPING = 1, 2, 3, 4
_LEVEL, _TREND, _PRODUCT = 5, 6, 7
# ... a period's error and its weights, ...
_ERROR, _WEIGHT, _RELATIVE = 8, 9, 10
# ... and sums over periods: squared errors, logarithms of means, means out of range.
SQUARES, LOGS, BROKEN = 11, 12, 13
_FIXED = 14


class Layout(NamedTuple):
    """In which rows the rest of a room lies, and in which those of its rings.

    What a period looks up by its number is in the rings. A thread of a GPU has the rest in
    registers, as far as there are.

    Parameters
    ----------
    size : number of parameters
    by_level, by_trend : ``size`` rows, derivatives
    mean : ``size`` rows, derivatives of the period's mean
    slope : ``size`` rows, of half the sum of squared errors
    drift : ``size`` rows, sums of the relative derivatives of the means
    products : rows of the lower triangle of the curvature
    total : rows of the room
    past : m rows, responses to the first season; the seasons are before them
    by_season : m x ``size`` rows, derivatives
    rows : 4 x ``size`` rows, derivatives of the last errors
    held : rows of the rings
    """

    size: int
    by_level: int
    by_trend: int
    mean: int
    slope: int
    drift: int
    products: int
    total: int
    past: int
    by_season: int
    rows: int
    held: int


@njit(cache=True, nogil=True)
def lay_out(shape: Shape) -> Layout:
    """Return the layout of a room for a model."""
    size, m = count_parameters(shape.trend, shape.season, shape.length), shape.length
    by_trend = _FIXED + size
    mean = by_trend + size
    slope = mean + size
    drift = slope + size
    products = drift + size
    total = products + size * (size + 1) // 2
    by_season = 2 * m
    rows = by_season + m * size
    held = rows + _ROWS * size
    return Layout(
        size,
        _FIXED,
        by_trend,
        mean,
        slope,
        drift,
        products,
        total,
        m,
        by_season,
        rows,
        held,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def pass_lanes(
    values: Floats,
    n_periods: int,
    theta: Floats,
    shape: Shape,
    layout: Layout,
    room: Floats,
    rings: Floats,
) -> None:
    """Carry all lanes through their periods, and fill the room's sums.

    Parameters
    ----------
    values : (n * LANES,) float64, in units of each series' mean; any finite number after its end
    n_periods : of the longest series
    theta : (size * LANES,) float64: alpha, beta, gamma and phi as far as the model has them,
        level, trend, seasons from the second on
    shape : of the model
    layout : of the room
    room : (layout.total * LANES,) float64; the lengths are there
    rings : (layout.held * LANES,) float64 scratch

    With one series these are tables: (n, 1), (size, 1), (layout.total, 1) and (layout.held, 1).
    """
    _start(theta, shape, layout, room, rings)
    kept = 0
    for t in range(n_periods):
        if shape.season == RATIO:
            _observe_ratio(values, t, shape, layout, room, rings)
        elif shape.season == ADDED:
            _observe_added(values, t, shape, layout, room, rings)
        else:
            _observe_plain(values, t, shape, layout, room)
        _keep_row(kept, shape.relative, layout, room, rings)
        kept += 1
        if kept == _ROWS or t == n_periods - 1:
            _add_products(kept, layout, room, rings)
            kept = 0
        if shape.relative and (t % _PERIODS_A_LOGARITHM == 7 or t == n_periods - 1):
            for k in range(lanes_of(room)):
                logarithm = math.log(number_at(room, _PRODUCT, k))
                add_number(room, LOGS, k, logarithm)
            store_lanes(room, _PRODUCT, 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _start(theta: Floats, shape: Shape, layout: Layout, room: Floats, rings: Floats) -> None:
    """Set every lane to before its first period."""
    for row in range(_ALPHA, layout.total):
        store_lanes(room, row, 0.0)
    for row in range(layout.held):
        store_lanes(rings, row, 0.0)
    place = 0
    for name, there in (
        (_ALPHA, True),
        (_BETA, shape.trend > 0),
        (_GAMMA, shape.season > 0),
        (_DAMPING, shape.trend == DAMPED),
        (_LEVEL, True),
        (_TREND, shape.trend > 0),
    ):
        if there:
            store_lanes(room, name, load_lanes(theta, place))
            if name == _LEVEL:
                store_lanes(room, layout.by_level + place, 1.0)
            if name == _TREND:
                store_lanes(room, layout.by_trend + place, 1.0)
            place += 1
    store_lanes(room, _PRODUCT, 1.0)
    if shape.trend > 0 and shape.trend != DAMPED:
        store_lanes(room, _DAMPING, 1.0)
    if shape.season > 0:
        _start_seasons(theta, shape, place, layout, room, rings)


@njit(cache=True, nogil=True, error_model="numpy")
def _start_seasons(
    theta: Floats, shape: Shape, place: int, layout: Layout, room: Floats, rings: Floats
) -> None:
    """Set the seasons and what they owe to the parameters, those from ``place`` on."""
    ratios = shape.season == RATIO
    # Both are zero here, and of the width of the room.
    rest = load_lanes(rings, 0) + (float(shape.length) if ratios else 0.0)
    broken = load_lanes(room, BROKEN)
    for j in range(1, shape.length):
        factor = load_lanes(theta, place + j - 1)
        store_lanes(rings, j, factor)
        rest = rest - factor
        broken = choose_below(SMALLEST_SEASON, factor, broken, 1.0)
    store_lanes(rings, 0, rest)
    if not ratios:
        # The response that stands for all seasons is the parameter after the trend.
        store_lanes(rings, layout.by_season + place, 1.0)
        return
    store_lanes(room, BROKEN, choose_below(SMALLEST_SEASON, rest, broken, 1.0))
    for j in range(1, shape.length):
        own = place + j - 1
        store_lanes(rings, layout.by_season + j * layout.size + own, 1.0)
        store_lanes(rings, layout.by_season + own, -1.0)


@njit(inline="always", error_model="numpy")
def _weigh(value, mean, t, relative, room):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add a period's error to the sums, keep its weights, and return it."""
    lengths = load_lanes(room, LENGTHS)
    error = choose_below(t, lengths, value - mean, 0.0)
    weighed, weight = error, choose_below(t, lengths, -1.0, 0.0)
    if relative:
        base = choose_below(t, lengths, mean, 1.0)
        one_over = 1.0 / base
        store_lanes(room, _PRODUCT, load_lanes(room, _PRODUCT) * base)
        broken = choose_below(SMALLEST_MEAN, base, load_lanes(room, BROKEN), 1.0)
        store_lanes(room, BROKEN, broken)
        weighed = error * one_over
        share = choose_below(t, lengths, one_over, 0.0)
        weight = (0.0 - value) * one_over * share
        store_lanes(room, _RELATIVE, share)
    add_lanes(room, SQUARES, weighed * weighed)
    store_lanes(room, _ERROR, weighed)
    store_lanes(room, _WEIGHT, weight)
    return error


@njit(inline="always", error_model="numpy")
def _feel_damping(shape: Shape, layout: Layout, room: Floats) -> None:
    """Add what the damping itself owes: the trend before the period is multiplied by it."""
    if shape.trend == DAMPED:
        share = load_lanes(room, _TREND) / load_lanes(room, _DAMPING)
        add_lanes(room, layout.by_trend + 2 + (shape.season > 0), share)


@njit(inline="always")
def _move_level(base, local, shape, layout, room):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Move level and trend by a period's error, and what they owe to their own smoothing."""
    store_lanes(room, _LEVEL, base + load_lanes(room, _ALPHA) * local)
    add_lanes(room, layout.by_level, local)
    if shape.trend > 0:
        kept = load_lanes(room, _DAMPING) * load_lanes(room, _TREND)
        store_lanes(room, _TREND, kept + load_lanes(room, _BETA) * local)
        add_lanes(room, layout.by_trend + 1, local)


@njit(inline="always", error_model="numpy")
def _observe_plain(values: Floats, t: int, shape: Shape, layout: Layout, room: Floats) -> None:
    """One period without a season."""
    alpha, beta = load_lanes(room, _ALPHA), load_lanes(room, _BETA)
    damping = load_lanes(room, _DAMPING)
    _feel_damping(shape, layout, room)
    for p in range(layout.size):
        damped = damping * load_lanes(room, layout.by_trend + p)
        moved = load_lanes(room, layout.by_level + p) + damped
        store_lanes(room, layout.mean + p, moved)
        store_lanes(room, layout.by_level + p, moved - alpha * moved)
        store_lanes(room, layout.by_trend + p, damped - beta * moved)
    base = load_lanes(room, _LEVEL) + damping * load_lanes(room, _TREND)
    error = _weigh(load_lanes(values, t), base, float(t), shape.relative, room)
    _move_level(base, error, shape, layout, room)


@njit(inline="always", error_model="numpy")
def _observe_added(
    values: Floats, t: int, shape: Shape, layout: Layout, room: Floats, rings: Floats
) -> None:
    """One period with a season in units."""
    slot = t % shape.length
    generic = layout.size - shape.length + 2
    ring = layout.by_season + slot * layout.size
    alpha, beta = load_lanes(room, _ALPHA), load_lanes(room, _BETA)
    gamma, damping = load_lanes(room, _GAMMA), load_lanes(room, _DAMPING)
    _feel_damping(shape, layout, room)
    for p in range(generic):
        damped = damping * load_lanes(room, layout.by_trend + p)
        still = load_lanes(room, layout.by_level + p) + damped
        own = load_lanes(rings, ring + p)
        moved = still + own
        store_lanes(room, layout.mean + p, moved)
        store_lanes(room, layout.by_level + p, still - alpha * moved)
        store_lanes(room, layout.by_trend + p, damped - beta * moved)
        store_lanes(rings, ring + p, own - gamma * moved)
    base = load_lanes(room, _LEVEL) + damping * load_lanes(room, _TREND)
    factor = load_lanes(rings, slot)
    value = load_lanes(values, t)
    error = _weigh(value, base + factor, float(t), shape.relative, room)
    _move_level(base, error, shape, layout, room)
    store_lanes(rings, slot, factor + gamma * error)
    add_lanes(rings, ring + 1 + (shape.trend > 0), error)
    _spread_response(slot, generic - 1, shape.length, layout, room, rings)


@njit(inline="always")
def _spread_response(
    slot: int, place: int, m: int, layout: Layout, room: Floats, rings: Floats
) -> None:
    """Turn the response to the first season into those to all others, which weigh against it."""
    first = load_lanes(room, layout.mean + place)
    store_lanes(rings, layout.past + slot, first)
    for j in range(1, m):
        then = slot - j if slot >= j else slot - j + m
        moved = load_lanes(rings, layout.past + then) - first
        store_lanes(room, layout.mean + place + j - 1, moved)


@njit(inline="always", error_model="numpy")
def _observe_ratio(
    values: Floats, t: int, shape: Shape, layout: Layout, room: Floats, rings: Floats
) -> None:
    """One period with a season that is a ratio."""
    slot = t % shape.length
    ring = layout.by_season + slot * layout.size
    alpha, beta = load_lanes(room, _ALPHA), load_lanes(room, _BETA)
    gamma, damping = load_lanes(room, _GAMMA), load_lanes(room, _DAMPING)
    _feel_damping(shape, layout, room)
    base = load_lanes(room, _LEVEL) + damping * load_lanes(room, _TREND)
    factor = load_lanes(rings, slot)
    expected = base * factor
    ends = load_lanes(room, LENGTHS)
    value = choose_below(float(t), ends, load_lanes(values, t), expected)
    error = _weigh(value, expected, float(t), shape.relative, room)
    over_factor, over_base = 1.0 / factor, 1.0 / base
    local, seasonal = error * over_factor, error * over_base
    for_level = value * over_factor * over_factor
    for_season = value * over_base * over_base
    for p in range(layout.size):
        damped = damping * load_lanes(room, layout.by_trend + p)
        moved = load_lanes(room, layout.by_level + p) + damped
        own = load_lanes(rings, ring + p)
        store_lanes(room, layout.mean + p, factor * moved + base * own)
        # The deseasonalised error moves against the level and against the season.
        against = moved + for_level * own
        store_lanes(room, layout.by_level + p, moved - alpha * against)
        store_lanes(room, layout.by_trend + p, damped - beta * against)
        store_lanes(rings, ring + p, own - gamma * (for_season * moved + own))
    _move_level(base, local, shape, layout, room)
    store_lanes(rings, slot, factor + gamma * seasonal)
    add_lanes(rings, ring + 1 + (shape.trend > 0), seasonal)


@njit(inline="always")
def _keep_row(kept: int, relative: bool, layout: Layout, room: Floats, rings: Floats) -> None:
    """Keep the derivatives of a period's error, and add them to the slope."""
    weight, error = load_lanes(room, _WEIGHT), load_lanes(room, _ERROR)
    row = layout.rows + kept * layout.size
    for p in range(layout.size):
        moved = weight * load_lanes(room, layout.mean + p)
        store_lanes(rings, row + p, moved)
        add_lanes(room, layout.slope + p, error * moved)
    if relative:
        share = load_lanes(room, _RELATIVE)
        for p in range(layout.size):
            add_lanes(room, layout.drift + p, share * load_lanes(room, layout.mean + p))


@njit(inline="always")
def _column(rows, p, size, rings):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the derivatives of the last four errors by one parameter."""
    return (
        load_lanes(rings, rows + p),
        load_lanes(rings, rows + size + p),
        load_lanes(rings, rows + 2 * size + p),
        load_lanes(rings, rows + 3 * size + p),
    )


@njit(inline="always")
def _add_product(room, place, left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    total = load_lanes(room, place) + left[0] * right[0]
    total = total + left[1] * right[1]
    total = total + left[2] * right[2]
    store_lanes(room, place, total + left[3] * right[3])


@njit(inline="always")
def _add_products(kept: int, layout: Layout, room: Floats, rings: Floats) -> None:
    """Add the products of the rows kept to the lower triangle, for two parameters at a time."""
    size, rows = layout.size, layout.rows
    for row in range(rows + kept * size, layout.held):
        store_lanes(rings, row, 0.0)
    upper = layout.products
    for i in range(0, size, 2):
        lower, both = upper + i + 1, i + 1 < size
        first, second = _column(rows, i, size, rings), _column(rows, i + both, size, rings)
        for j in range(i + 1):
            other = _column(rows, j, size, rings)
            _add_product(room, upper + j, first, other)
            if both:
                _add_product(room, lower + j, second, other)
        if both:
            _add_product(room, lower + i + 1, second, second)
        upper = lower + i + 2
