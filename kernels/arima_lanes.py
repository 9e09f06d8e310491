"""Errors of sixteen seasonal ARMA models side by side, with slope and curvature.

One pass back through the series expects what was before it, and one forward carries the errors and
their derivatives by every parameter and adds up what a Gauss-Newton step needs. The two halves of a
multiplicative model are filtered one after the other, so a row costs the same however long the
season is. All filters start from rest and so commute: the derivative by a coefficient is the
errors filtered once more, some periods late. Lanes never meet and nothing is reassociated, so a
series' numbers are the same to the bit whatever its neighbours are.

References
----------
Box, Jenkins & Reinsel (2008), "Time Series Analysis", sections 7.1.4-7.1.5 (unconditional sum of
squares by back-forecasting) and 7.2 (derivatives).
"""

from numba import njit

from kernels.arima_shape import (
    CENTRE,
    FIRST_AR,
    FIRST_MA,
    LENGTHS,
    SEASON_AR,
    SEASON_MA,
    SECOND_AR,
    SECOND_MA,
    SLOPE,
    SQUARES,
    Shape,
)
from kernels.arrays import Floats
from kernels.lanes import add_lanes, choose_below, count_rows, load_lanes, spread, store_lanes


@njit(cache=True, nogil=True)
def expect_before(
    values: Floats,
    n_periods: int,
    before: int,
    coefficients: Floats,
    shape: Shape,
    rings: Floats,
    lengths: Floats,
) -> None:
    """Fill the rows before the series with what the model, run backwards, expects there.

    Parameters
    ----------
    values : ((before + n_periods) * LANES,) float64; the first ``before`` rows are filled
    n_periods : of the longest series
    before : rows
    coefficients : as `expand` fills them
    shape : of the model
    rings : (count_rings(shape) * LANES,) float64 scratch
    lengths : (LANES,) float64, periods of each series
    """
    m = shape.length
    by_ar, by_ma = 0, m
    for row in range(2 * m):
        store_lanes(rings, row, 0.0)
    one_ar, two_ar = load_lanes(coefficients, FIRST_AR), load_lanes(coefficients, SECOND_AR)
    one_ma, two_ma = load_lanes(coefficients, FIRST_MA), load_lanes(coefficients, SECOND_MA)
    season_ar, season_ma = load_lanes(coefficients, SEASON_AR), load_lanes(coefficients, SEASON_MA)
    centre, ends, nothing = load_lanes(coefficients, CENTRE), load_lanes(lengths, 0), spread(0.0)
    last, older, error, older_error = nothing, nothing, nothing, nothing
    # The first errors of an autoregression would be those of a series that starts from rest.
    unsure = float(shape.ar + m * shape.season_ar)
    slot = 0
    for t in range(n_periods - 1, -1, -1):
        now = load_lanes(values, before + t) - centre
        now = choose_below(spread(float(t)), ends, now, nothing)
        part = now - one_ar * last - two_ar * older
        kept = part - season_ar * load_lanes(rings, by_ar + slot)
        kept = choose_below(spread(float(t) + unsure), ends, kept, nothing)
        store_lanes(rings, by_ar + slot, part)
        if shape.season_ma > 0:
            kept = kept - season_ma * load_lanes(rings, by_ma + slot)
            store_lanes(rings, by_ma + slot, kept)
        found = kept - one_ma * error - two_ma * older_error
        last, older, error, older_error = now, last, found, error
        slot = slot + 1 if slot < m - 1 else 0
    for t in range(before - 1, -1, -1):
        kept = one_ma * error + two_ma * older_error
        part = kept
        if shape.season_ma > 0:
            part = part + season_ma * load_lanes(rings, by_ma + slot)
            store_lanes(rings, by_ma + slot, kept)
        part = part + season_ar * load_lanes(rings, by_ar + slot)
        store_lanes(rings, by_ar + slot, part)
        now = part + one_ar * last + two_ar * older
        store_lanes(values, t, now + centre)
        last, older, error, older_error = now, last, nothing, error
        slot = slot + 1 if slot < m - 1 else 0


@njit(inline="always")
def _keep_pair(first, second, theta, place, order, sign, rows, weight):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Keep the derivatives of an error by one or two partial correlations."""
    if order == 0:
        return
    if order == 1:
        store_lanes(rows, place, sign * first * weight)
        return
    one, two = load_lanes(theta, place), load_lanes(theta, place + 1)
    own = sign * first * weight
    store_lanes(rows, place, own - own * two)
    store_lanes(rows, place + 1, sign * second * weight - own * one)


@njit(inline="always")
def _respond(t, slot, coefficients, shape, rings):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what a mean of one is after all filters but the moving average of the periods."""
    one = spread(1.0)
    found = one
    if t > 0:
        found = found - load_lanes(coefficients, FIRST_AR)
    if t > 1:
        found = found - load_lanes(coefficients, SECOND_AR)
    if t >= shape.length and shape.season_ar > 0:
        late = one
        if t > shape.length:
            late = late - load_lanes(coefficients, FIRST_AR)
        if t > shape.length + 1:
            late = late - load_lanes(coefficients, SECOND_AR)
        found = found - load_lanes(coefficients, SEASON_AR) * late
    if shape.season_ma > 0:
        found = found - load_lanes(coefficients, SEASON_MA) * load_lanes(rings, slot)
        store_lanes(rings, slot, found)
    return found


@njit(inline="always")
def _add_products(error, rows, room):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add an error's square and the products of its derivatives to the sums."""
    add_lanes(room, SQUARES, error * error)
    size = count_rows(rows)
    place = SLOPE + size
    for i in range(size):
        own = load_lanes(rows, i)
        add_lanes(room, SLOPE + i, own * error)
        for j in range(i + 1):
            add_lanes(room, place, own * load_lanes(rows, j))
            place += 1


@njit(cache=True, nogil=True)
def pass_lanes(
    values: Floats,
    n_periods: int,
    before: int,
    theta: Floats,
    coefficients: Floats,
    shape: Shape,
    rings: Floats,
    rows: Floats,
    room: Floats,
) -> None:
    """Carry all lanes through their periods, and fill the room's sums.

    Parameters
    ----------
    values : ((before + n_periods) * LANES,) float64; any finite number after a series' end
    n_periods : of the longest series
    before : rows expected before it
    theta, coefficients, shape : of the models
    rings : (count_rings(shape) * LANES,) float64 scratch
    rows : (size * LANES,) float64 scratch, the derivatives of one error
    room : (count_room(shape) * LANES,) float64; the lengths are there, sums of squares, slope (half
        that of the squares) and curvature are filled
    """
    m, size = shape.length, count_rows(rows)
    by_ar, by_ma = 0, m
    feels_ar, feels_ma, mean_ma = 2 * m, 3 * m, 4 * m
    rings[:] = 0.0
    for row in range(SQUARES, count_rows(room)):
        store_lanes(room, row, 0.0)
    one_ar, two_ar = load_lanes(coefficients, FIRST_AR), load_lanes(coefficients, SECOND_AR)
    one_ma, two_ma = load_lanes(coefficients, FIRST_MA), load_lanes(coefficients, SECOND_MA)
    season_ar, season_ma = load_lanes(coefficients, SEASON_AR), load_lanes(coefficients, SEASON_MA)
    centre, ends = load_lanes(coefficients, CENTRE), load_lanes(room, LENGTHS)
    one, nothing = spread(1.0), spread(0.0)
    last, older, error, older_error = nothing, nothing, nothing, nothing
    felt_ar, older_ar, felt_ma, older_ma = nothing, nothing, nothing, nothing
    step, older_step = nothing, nothing
    after_season_ar = shape.ar
    after_ar = after_season_ar + shape.season_ar
    after_ma = after_ar + shape.ma
    slot = 0
    for t in range(before + n_periods):
        now = load_lanes(values, t) - centre
        part = now - one_ar * last - two_ar * older
        kept = part
        if shape.season_ar > 0:
            kept = kept - season_ar * load_lanes(rings, by_ar + slot)
            store_lanes(rings, by_ar + slot, part)
        if shape.season_ma > 0:
            kept = kept - season_ma * load_lanes(rings, by_ma + slot)
            store_lanes(rings, by_ma + slot, kept)
        found = kept - one_ma * error - two_ma * older_error
        counts = choose_below(spread(float(t - before)), ends, one, nothing)
        _keep_pair(felt_ar, older_ar, theta, 0, shape.ar, -1.0, rows, counts)
        _keep_pair(felt_ma, older_ma, theta, after_ar, shape.ma, 1.0, rows, counts)
        if shape.season_ar > 0:
            late = load_lanes(rings, feels_ar + slot)
            store_lanes(rows, after_season_ar, -1.0 * late * counts)
            store_lanes(rings, feels_ar + slot, found + season_ar * late)
        if shape.season_ma > 0:
            late = load_lanes(rings, feels_ma + slot)
            store_lanes(rows, after_ma, late * counts)
            store_lanes(rings, feels_ma + slot, found - season_ma * late)
        if shape.centred:
            response = _respond(t, slot + mean_ma, coefficients, shape, rings)
            response = response - one_ma * step - two_ma * older_step
            step, older_step = response, step
            store_lanes(rows, size - 1, -1.0 * response * counts)
        older_ar, felt_ar = felt_ar, found + one_ar * felt_ar + two_ar * older_ar
        older_ma, felt_ma = felt_ma, found - one_ma * felt_ma - two_ma * older_ma
        last, older, error, older_error = now, last, found, error
        _add_products(found * counts, rows, room)
        slot = slot + 1 if slot < m - 1 else 0
