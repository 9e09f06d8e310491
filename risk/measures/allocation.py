"""What single positions are of a book's risk: marginal and component figures.

References
----------
Acerbi & Tasche (2002), "On the coherence of expected shortfall", Journal of Banking & Finance
26(7); Tasche (2000), "Risk contributions and performance measurement", TU München; Gouriéroux,
Laurent & Scaillet (2000), "Sensitivity analysis of values at risk", Journal of Empirical Finance
7(3-4); Harrell & Davis (1982), "A new distribution-free quantile estimator", Biometrika 69(3);
Choueifaty & Coignard (2008), "Toward maximum diversification", Journal of Portfolio Management
35(1); Manistre & Hancock (2005), "Variance of the CTE estimator", North American Actuarial Journal
9(2), eq. 8; Glasserman (2004), "Monte Carlo methods in financial engineering", section 4.1;
L'Ecuyer & Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods", section 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from kernels.book_losses import position_losses
from kernels.device import Device
from kernels.on_device import largest_scenarios_on
from risk.controls import Control
from risk.measures.corrected_increments import corrected_increments
from risk.measures.incremental import Incremental, incremental_figures
from risk.measures.influence import randomised_means
from risk.measures.overlap import shared_days
from risk.measures.tail import Tail, quantile_place, tail_errors, tail_squares

_NEGLIGIBLE = 1e-12
_MOST_SCALED = 2.0


@dataclass(frozen=True)
class Allocation:
    """What each position is of the book's figures, and what it adds to them, money.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_levels, n_positions) float64, components, positive adds
        to the loss: they add up to the book's figure; over a position's value they are its
        marginal figure
    value_at_risk_error, expected_shortfall_error : (n_levels, n_positions) float64, their standard
        errors
    incremental : the book's figures less those of the book without the position
    """

    value_at_risk: Floats
    expected_shortfall: Floats
    value_at_risk_error: Floats
    expected_shortfall_error: Floats
    incremental: Incremental


@dataclass(frozen=True)
class Weights:
    """Scenarios about a quantile, and how much each counts.

    Parameters
    ----------
    scenarios : (n_weights,) int64, their numbers, from the smallest loss to the largest
    weights : (n_weights,) float64, fractions that add up to 1
    """

    scenarios: Integers
    weights: Floats


def allocate(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    tails: Sequence[Tail],
    levels: Sequence[float],
    overlap: int = 1,
    randomisations: int | None = None,
    without: Iterable[Control | None] | None = None,
    device: Device = "cpu",
) -> Allocation:
    """Return what each position is of, and adds to, a book's figures at each level.

    A component of expected shortfall is the position's mean loss over the book's tail, weighted as
    the book's own figure weighs it; of value at risk see `component_value_at_risk`.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money, of one unit; a loss is positive; no NaN
    instruments : (n_positions,) int64, rows of ``losses``
    quantities : (n_positions,) float64, units, negative is short
    total : (n_scenarios,) float64, the book's losses, money
    tails : the book's, one for each of ``levels``: of `risk.measures.tail.measure_tails`, or
        corrected by a control
    levels : in (0, 1)
    overlap : days of each scenario, as of `risk.measures.tail.measure_tails`
    randomisations : of quasi-random scenarios, which are no independent draws: scenario s is of
        randomisation ``s % randomisations``. None says that scenarios are independent
    without : control of the book without each position, by which incremental figures are corrected
        as ``tails`` are by the book's own; None leaves them plain
    device : where losses are put in order, and positions taken off the book if there are no
        controls

    Returns
    -------
    Allocation, money, positive adds to the loss. Errors are those of independent scenarios, or days
    where scenarios overlap; of corrected figures those that their controls leave; of quasi-random
    scenarios those that the spread of their randomisations tells.

    Raises
    ------
    PlanError
        Where no scenario lies beyond the value at risk of a control without a position.

    References
    ----------
    Tasche (2000), for expected shortfall; Gouriéroux, Laurent & Scaillet (2000), for value at risk;
    Manistre & Hancock (2005), eq. 8, for errors, of a position's loss instead of the book's;
    Glasserman (2004), section 4.1, with a control; L'Ecuyer & Lemieux (2002), section 1, of
    quasi-random scenarios.
    """
    held = instruments, quantities
    shape = (len(levels), len(instruments))
    parts, errors, edges = np.empty((2, *shape)), np.empty((2, *shape)), np.full(shape, np.inf)
    for number, (level, tail) in enumerate(zip(levels, tails, strict=True)):
        # A control may have moved value at risk to another scenario.
        moved = len(total) - len(tail.scenarios) + 1 - quantile_place(len(total), level)
        about = quantile_weights(total, level, moved, device)
        quantile = component_value_at_risk(losses, *held, about, tail.value_at_risk)
        parts[0, number] = quantile
        parts[1, number] = position_losses(losses, *held, tail.scenarios, tail.weights)
        book = _Book(losses, *held, total, level, tail, overlap, randomisations)
        errors[0, number] = _quantile_part_errors(book, about, quantile)
        if tail.control is not None:
            edges[number] = _edges(book, about, quantile)
            errors[1, number] = _corrected_part_errors(book, quantile, edges[number])
        elif randomisations is not None:
            errors[1, number] = _randomised_part_errors(book, quantile, randomisations)
        else:
            errors[1, number] = _tail_part_errors(book, parts[:, number])
    added = (
        incremental_figures(losses, *held, total, levels, overlap, randomisations, device)
        if without is None
        else corrected_increments(losses, *held, total, levels, tails, without, edges)
    )
    return Allocation(parts[0], parts[1], errors[0], errors[1], added)


class _Book(NamedTuple):
    """A book in its scenarios, and its tail at one level; fields as of `allocate`."""

    losses: Floats
    instruments: Integers
    quantities: Floats
    total: Floats
    level: float
    tail: Tail
    overlap: int
    randomisations: int | None

    def each_position(self, scenarios: Integers) -> Iterator[tuple[int, Floats]]:
        """Yield each position's number and what it loses in chosen scenarios."""
        held = zip(self.instruments, self.quantities, strict=True)
        for position, (instrument, quantity) in enumerate(held):
            yield position, quantity * self.losses[instrument][scenarios]

    def shares(self, parts: Floats) -> Floats:
        """Return each position's share of value at risk, given its part."""
        whole = self.tail.value_at_risk
        return np.asarray(parts / whole) if whole != 0.0 else np.zeros(len(parts))


def _randomised_part_errors(book: _Book, parts: Floats, randomisations: int) -> Floats:
    """Return errors of components of expected shortfall; ``parts`` are those of value at risk."""
    beyond = np.flatnonzero(book.total > book.tail.value_at_risk)
    spread = np.empty(len(parts))
    for position, own in book.each_position(beyond):
        excess = own - parts[position]
        means = randomised_means(beyond, excess, len(book.total), randomisations)
        spread[position] = means.std(ddof=1)
    return np.asarray(spread / np.sqrt(randomisations) / (1.0 - book.level))


def _tail_part_errors(book: _Book, parts: Floats) -> Floats:
    """Return errors of components of expected shortfall; ``parts`` are those of both figures.

    What a position loses in the tail goes with the book's loss there, or moves on its own.
    """
    tail, weights = book.tail, book.tail.weights
    ordered = book.total[tail.scenarios]
    excess = ordered - tail.value_at_risk
    spread, along = np.empty((2, len(book.instruments)))
    for position, own in book.each_position(tail.scenarios):
        spread[position] = (weights * (own - parts[1, position]) ** 2).sum()
        along[position] = (weights * (own - parts[0, position]) * excess).sum()
    squares = spread + book.level * (parts[1] - parts[0]) ** 2
    whole = float((weights * excess**2).sum())
    slopes = along / whole if whole > 0.0 else np.zeros(len(along))
    books = tail_squares(ordered, weights, np.asarray(tail.expected_shortfall), book.level)
    together = np.minimum(slopes**2 * books, squares)
    return tail_errors(together, len(book.total), book.level, book.overlap, squares - together)


def _edges(book: _Book, about: Weights, parts: Floats) -> Floats:
    """Return each position's deviation about the quantile besides its share of the book's loss."""
    squares = [(about.weights * own**2).sum() for own in _apart(book, about, parts)]
    return np.asarray(np.sqrt(squares))


def _corrected_part_errors(book: _Book, parts: Floats, edges: Floats) -> Floats:
    """Return errors of components of a corrected expected shortfall; ``parts`` are the quantile's.

    A component is the mean, regressed as the figure is, of what the position loses in the tail
    more than at its edge; its loss at the edge is that of one scenario, which takes what weight is
    missing.
    """
    tail = book.tail
    assert tail.control is not None
    beyond = np.flatnonzero(book.total > tail.value_at_risk)
    errors, excess = np.empty(len(parts)), np.zeros(len(book.total))
    for position, own in book.each_position(beyond):
        excess[beyond] = own - parts[position]
        errors[position] = tail.control.regression.error(excess)
    together = 0.5 * book.shares(parts) * tail.value_at_risk_error
    missed = tail.control.missed**2 * (together**2 + edges**2)
    return np.asarray(np.sqrt(errors**2 + missed) / (1.0 - book.level))


def _quantile_part_errors(book: _Book, about: Weights, parts: Floats) -> Floats:
    """Return errors of components of value at risk.

    A part is a mean over the few scenarios about the quantile, and moves with the book's figure.
    """
    own, growth = np.empty(len(parts)), shared_days(about.scenarios, about.weights, book.overlap)
    for position, apart in enumerate(_apart(book, about, parts)):
        weighted = about.weights * apart
        if book.randomisations is not None:
            dealt = about.scenarios % book.randomisations
            sums = np.bincount(dealt, weights=weighted, minlength=book.randomisations)
            own[position] = book.randomisations * sums.var(ddof=1)
        else:
            own[position] = growth * (weighted**2).sum()
    together = book.shares(parts) * book.tail.value_at_risk_error
    return np.asarray(np.sqrt(own + together**2))


def _apart(book: _Book, about: Weights, parts: Floats) -> Iterator[Floats]:
    """Yield what each position loses about the quantile besides its share of the book's loss."""
    shares, whole = book.shares(parts), book.total[about.scenarios] - book.tail.value_at_risk
    for position, own in book.each_position(about.scenarios):
        yield own - parts[position] - shares[position] * whole


def quantile_weights(
    losses: Floats, level: float, moved: int = 0, device: Device = "cpu"
) -> Weights:
    """Return the scenarios whose mean loss is the Harrell-Davis estimate of a quantile.

    The weights are a beta law's, of parameters (n + 1) level and (n + 1) (1 - level), over the
    order statistics; those below 1e-12 of the largest are left out.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    level : in (0, 1)
    moved : places above the quantile, or below where negative, of the loss that weights are about;
        those of places that are not there are shared by the others
    device : where losses are put in order

    References
    ----------
    Harrell & Davis (1982).
    """
    n = len(losses)
    first, weights = _harrell_davis(n, level)
    low, high = max(first + moved, 0), min(first + moved + len(weights), n)
    if moved != 0:
        own = weights[low - first - moved : high - first - moved]
        weights = own / own.sum()
    order = largest_scenarios_on(device)(losses, low)
    absent = n - len(order)
    return Weights(order[low - absent : high - absent], weights)


@lru_cache(maxsize=64)
def _harrell_davis(n: int, level: float) -> tuple[int, Floats]:
    """Return the first order statistic that counts, and the weights from there on."""
    edges = np.arange(n + 1) / n
    weights = np.diff(special.betainc((n + 1) * level, (n + 1) * (1.0 - level), edges))
    kept = np.flatnonzero(weights > _NEGLIGIBLE * weights.max())
    own = weights[kept[0] : kept[-1] + 1]
    return int(kept[0]), own / own.sum()


def component_value_at_risk(
    losses: Floats, instruments: Integers, quantities: Floats, weights: Weights, total: float
) -> Floats:
    """Return each position's part of value at risk; they add up to it (Euler).

    A part is the position's mean loss where the book loses its value at risk, taken over the
    scenarios about it; the parts are then scaled to the book's own figure. Where that would more
    than double or halve them, or change their signs, each takes of what is missing as much as it is
    large: so it is where value at risk is next to nothing, or losses leap at it.

    Parameters
    ----------
    losses, instruments, quantities : as of `allocate`
    weights : about the book's quantile
    total : the book's value at risk, money, a loss is positive; no NaN

    Returns
    -------
    (n_positions,) float64, money, positive adds to the loss.

    References
    ----------
    Gouriéroux, Laurent & Scaillet (2000); Tasche (2000).
    """
    parts = position_losses(losses, instruments, quantities, weights.scenarios, weights.weights)
    found, sizes = float(parts.sum()), np.abs(parts)
    if found != 0.0 and 1.0 / _MOST_SCALED <= total / found <= _MOST_SCALED:
        return np.asarray(parts * (total / found))
    whole = float(sizes.sum())
    return np.asarray(parts + (total - found) * sizes / whole if whole > 0.0 else parts)


def diversification_ratio(alone: Floats, together: float) -> float:
    """Return the sum of the positions' own risks over the book's.

    Parameters
    ----------
    alone : (n_positions,) float64, money, volatility or expected shortfall of each position by
        itself
    together : that of the book, money

    Returns
    -------
    A ratio, 1 where nothing is diversified; NaN where the book's risk is not positive.

    References
    ----------
    Choueifaty & Coignard (2008).
    """
    return float(np.sum(alone)) / together if together > 0.0 else float(np.nan)
