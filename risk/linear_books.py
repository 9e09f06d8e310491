"""Value at risk, expected shortfall and components of very many linear books at once.

For books whose value moves in proportion to its assets: no option, no bond's curvature. Their
scenarios are never held, so that thousands of books over millions of scenarios fit; books with
options are revalued in full by `risk.measures.portfolios`.

Where books are fewer than factors, their losses span fewer dimensions than the factors have, and
scenarios may be drawn in these alone: the same joint law at a fraction of the cost. Scenarios are
common to the books of a call in either case; drawn of factors they are common to all calls with
the same loadings and seed, too, and no book depends on which others are measured with it.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", section 9.1; Tasche (2000),
"Risk contributions and performance measurement", TU München; Manistre & Hancock (2005), "Variance
of the CTE estimator", North American Actuarial Journal 9(2), eq. 8; Maritz & Jarrett (1978), "A
note on estimating the variance of the sample median", JASA 73.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kernels.arrays import Floats
from kernels.book_span import span_books
from kernels.device import Device
from kernels.linear_books import (
    WIDTH,
    BookTails,
    Precision,
    merge_tails,
    pad_books,
)
from kernels.market_normals import mixed_moves
from kernels.on_device import book_tails_on, tail_shocks_on
from risk.errors import PlanError
from risk.measures.many_tails import tails_of_largest
from risk.measures.tail import quantile_place, quantile_reach, tail_weights

# Books whose figures are made together: as doubles, tails are longer than kept.
_BOOKS_AT_ONCE = 32


@dataclass(frozen=True)
class LinearScenarios:
    """How scenarios of linear books are drawn: independent, of mean zero.

    Parameters
    ----------
    scenarios : how many, at least 1,000
    degrees : of the multivariate t, above 2, matched to the covariance; None is normal; a whole
        number is drawn quickest
    seed : in [0, 2**32)
    precision : of shocks and losses: with "float32" they are drawn and multiplied at half the
        cost, and figures agree to about six digits
    device : where shocks are drawn, multiplied and their tails kept
    drawn : what shocks are drawn of: with "factors" a scenario has one for every factor, and a
        book's figures have the same bits alone and among any others; with "books" it has one for
        every direction that the books of the call span, where these are fewer. Figures of a book
        then change within their errors with the books before it, and one whose exposures overflow
        counts as empty for the others. Components are surer: they have no noise of what does not
        touch any book

    Raises
    ------
    PlanError
        Where a setting is out of range.
    """

    scenarios: int = 100_000
    degrees: float | None = None
    seed: int = 0
    precision: Precision = "float64"
    device: Device = "cpu"
    drawn: Literal["factors", "books"] = "factors"

    def __post_init__(self) -> None:
        if self.scenarios < 1_000:
            raise PlanError(f"scenarios must be at least 1000; got {self.scenarios}")
        if self.degrees is not None and not 2 < self.degrees <= 1_000:
            raise PlanError(f"degrees must be in (2, 1000]; got {self.degrees}")
        if not 0 <= self.seed < 2**32:
            raise PlanError(f"seed must be in [0, 2**32); got {self.seed}")
        if self.precision not in {"float64", "float32"}:
            raise PlanError(f"precision must be 'float64' or 'float32'; got {self.precision!r}")
        if self.drawn not in {"factors", "books"}:
            raise PlanError(f"drawn must be 'factors' or 'books'; got {self.drawn!r}")


@dataclass(frozen=True)
class _Folded:
    """Books by shocks, and the moves that shocks are.

    Parameters
    ----------
    books : as of `kernels.linear_books.pad_books`
    staircase : whether book i has its first i + 1 shocks only
    moves : (n_shocks, n_assets) float64, of every asset for a shock of one
    """

    books: np.ndarray
    staircase: bool
    moves: Floats


@dataclass(frozen=True)
class LinearFigures:
    """Figures of many books, money, a loss is positive.

    Parameters
    ----------
    levels : in the order of the rows
    value_at_risk, expected_shortfall : (n_levels, n_books) float64
    value_at_risk_error, expected_shortfall_error : (n_levels, n_books) float64, standard errors
    components : by level, where they were asked for: (n_books, n_assets) float64, of expected
        shortfall, which they add up to (to the precision of the scenarios)
    """

    levels: tuple[float, ...]
    value_at_risk: Floats
    expected_shortfall: Floats
    value_at_risk_error: Floats
    expected_shortfall_error: Floats
    components: Mapping[float, Floats]


def measure_linear_books(
    exposures: Floats,
    loadings: Floats,
    levels: Sequence[float],
    plan: LinearScenarios,
    *,
    components: Sequence[float] = (),
) -> LinearFigures:
    """Measure every book under one set of common scenarios.

    Parameters
    ----------
    exposures : (n_books, n_assets) float64, money gained for a move of one of each asset; no NaN
    loadings : (n_assets, n_factors) float64; with its transpose it is the covariance of moves
        over the horizon, whose mean is zero; no NaN
    levels : in (0.5, 1)
    plan : of the scenarios
    components : those of the levels at which to say what each asset adds to expected shortfall

    Returns
    -------
    LinearFigures, money, a loss is positive, by the conventions of
    `risk.measures.tail.measure_tails`; NaN or infinite where a book's losses overflow.

    Raises
    ------
    PlanError
        Where shapes differ, a number is not finite, or a level is out of range.

    References
    ----------
    Glasserman (2004), section 9.1; Tasche (2000), for components; Manistre & Hancock (2005), eq. 8,
    and Maritz & Jarrett (1978), for errors.
    """
    _require(exposures, loadings, levels)
    folded = _folded(exposures, loadings, plan)
    tails = _tails(folded, range(plan.scenarios), tail_length(plan.scenarios, levels), plan)
    return _figures(tails, folded, exposures, levels, plan, components=components)


def tails_of_chunk(
    exposures: Floats,
    loadings: Floats,
    levels: Sequence[float],
    plan: LinearScenarios,
    chunk: range,
) -> BookTails:
    """Return the tails among some scenarios, for `figures_of_chunks` to put together.

    Parameters
    ----------
    exposures, loadings, levels, plan : as of `measure_linear_books`
    chunk : numbers of scenarios, from a multiple of `kernels.linear_books.WIDTH` on

    Returns
    -------
    BookTails: each book's largest losses of the chunk, with the numbers of their scenarios.

    Raises
    ------
    PlanError
        Where the chunk does not start at a whole block, and what `measure_linear_books` refuses.
    """
    _require(exposures, loadings, levels)
    if chunk.start % WIDTH or chunk.step != 1 or not len(chunk):
        raise PlanError(f"a chunk must start at a multiple of {WIDTH} scenarios; got {chunk}")
    kept = min(tail_length(plan.scenarios, levels), len(chunk))
    return _tails(_folded(exposures, loadings, plan), chunk, kept, plan)


def figures_of_chunks(
    parts: Sequence[BookTails],
    exposures: Floats,
    loadings: Floats,
    levels: Sequence[float],
    plan: LinearScenarios,
    *,
    components: Sequence[float] = (),
    books: slice = slice(None),
) -> LinearFigures:
    """Return the figures that `measure_linear_books` gives, from chunks of its scenarios.

    Parameters
    ----------
    parts : of `tails_of_chunk`, of chunks that make up all scenarios, in any order
    exposures, loadings, levels, plan, components : as of `measure_linear_books`
    books : whose figures are wanted, for threads that share them out

    Returns
    -------
    LinearFigures of these books, money, to the bit those of all scenarios at once, and components
    of some books to rounding; NaN or infinite where a book's losses overflow.

    References
    ----------
    Glasserman (2004), section 9.1; Tasche (2000).
    """
    folded = _folded(exposures, loadings, plan)
    n = len(exposures)
    own = [BookTails(part.losses[:n][books], part.scenarios[:n][books]) for part in parts]
    tails = merge_tails(own, tail_length(plan.scenarios, levels))
    return _figures(tails, folded, exposures[books], levels, plan, components=components)


def tail_length(n_scenarios: int, levels: Sequence[float]) -> int:
    """Return how many of the largest losses the figures and their errors need.

    Parameters
    ----------
    n_scenarios : how many there are
    levels : in (0.5, 1); the lowest one decides
    """
    widest = min(levels)
    place = quantile_place(n_scenarios, widest) - quantile_reach(n_scenarios, widest)
    return n_scenarios - max(place, 0)


def _folded(exposures: Floats, loadings: Floats, plan: LinearScenarios) -> _Folded:
    # A t of unit scale has a variance of v / (v - 2).
    scale = 1.0 if plan.degrees is None else np.sqrt((plan.degrees - 2.0) / plan.degrees)
    scaled = loadings * scale
    # Summed in one order: a library's product could depend on the number of books.
    losses = -mixed_moves(exposures, scaled)
    books = pad_books(losses, plan.precision)
    if plan.drawn == "books":
        weights, directions = span_books(losses)
        spanned = pad_books(weights, plan.precision)
        if spanned.shape[1] < books.shape[1]:
            return _Folded(spanned, staircase=True, moves=np.asarray(directions @ scaled.T))
    return _Folded(books, staircase=False, moves=np.asarray(scaled.T))


def _tails(folded: _Folded, scenarios: range, kept: int, plan: LinearScenarios) -> BookTails:
    keep = book_tails_on(plan.device, staircase=folded.staircase)
    return keep(folded.books, scenarios, kept, float(plan.degrees or 0.0), plan.seed)


def _figures(
    tails: BookTails,
    folded: _Folded,
    exposures: Floats,
    levels: Sequence[float],
    plan: LinearScenarios,
    *,
    components: Sequence[float],
) -> LinearFigures:
    n_books = len(exposures)
    figures = np.empty((4, len(levels), n_books))
    for start in range(0, n_books, _BOOKS_AT_ONCE):
        part = slice(start, min(start + _BOOKS_AT_ONCE, n_books))
        ascending = np.ascontiguousarray(tails.losses[part, ::-1], dtype=np.float64)
        figures[:, :, part] = tails_of_largest(ascending, plan.scenarios, levels)
    parts: dict[float, Floats] = {}
    average = tail_shocks_on(plan.device)
    for level in [level for level in levels if level in components]:
        # Scenarios are kept the worst first.
        weights = np.ascontiguousarray(tail_weights(plan.scenarios, level)[::-1])
        chosen = np.ascontiguousarray(tails.scenarios[:n_books, : len(weights)])
        shocks = average(chosen, weights, float(plan.degrees or 0.0), plan.seed, folded.books)
        parts[level] = np.asarray(-exposures * (shocks[:, : len(folded.moves)] @ folded.moves))
    return LinearFigures(tuple(levels), figures[0], figures[1], figures[2], figures[3], parts)


def _require(exposures: Floats, loadings: Floats, levels: Sequence[float]) -> None:
    if exposures.ndim != 2 or loadings.ndim != 2 or exposures.shape[1] != len(loadings):
        raise PlanError(
            "exposures must be (n_books, n_assets) and loadings (n_assets, n_factors); "
            f"got {exposures.shape} and {loadings.shape}"
        )
    for name, given in (("exposures", exposures), ("loadings", loadings)):
        bad = np.argwhere(~np.isfinite(given))
        if len(bad):
            place = tuple(int(n) for n in bad[0])
            raise PlanError(f"{name} must be finite; got {given[place]} at {place}")
    for level in levels:
        if not 0.5 < level < 1.0:
            raise PlanError(f"level must be in (0.5, 1); got {level}")
