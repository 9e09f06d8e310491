"""Policies ever nearer to the best of those tried, on the same demand and lead times.

References
----------
Hooke & Jeeves (1961), "'Direct search' solution of numerical and statistical problems", Journal of
the ACM 8(2); Law (2015), "Simulation modeling and analysis", section 11.2 (common random numbers).
"""

from dataclasses import dataclass, replace

import numpy as np

from inventory.estimates import Estimates, estimate_items
from inventory.levels import Levels, levels_of
from inventory.proposal import N_OTHERS, Proposal, places_among_rules, walk, with_others
from inventory.rows import begins
from kernels.arrays import Flags, Floats, Integers
from kernels.device import Device
from kernels.stock_batches import take_walks

# The neighbours of a level and of a size, with each other.
_AROUND = 8


@dataclass(frozen=True)
class Tried:
    """Policies of many items, walked.

    Parameters
    ----------
    proposal : the policies
    totals : (n_rules, n_paths, 12) float64, of its walks
    found : estimates of the same
    """

    proposal: Proposal
    totals: Floats
    found: Estimates

    @staticmethod
    def of(proposal: Proposal, totals: Floats) -> "Tried":
        """Return the policies with their estimates."""
        found = estimate_items(totals, proposal.positions.prices, proposal.walks.offsets)
        return Tried(proposal, totals, found)

    @property
    def of_levels(self) -> Estimates:
        """Estimates of what is tried alone, in the order of `Proposal.tried`."""
        return self.found.of(places_among_rules(self.proposal.tried))


def most_refined(rounds: int, n_candidates: int) -> int:
    """Return how many policies `refine_together` walks of an item at most.

    Parameters
    ----------
    rounds : of the search
    n_candidates : levels tried with each size
    """
    return _AROUND * rounds + n_candidates


def refine_together(tried: Tried, rounds: int, seed: int, device: Device) -> Tried:
    """Return the same with policies between those tried at first.

    A round walks the neighbours of the best policy so far, a step of levels and a step of lots or
    caps away, and halves both steps, levels' down to the least one and the others' to a case. First
    steps are half of what lies between the best policy and its neighbours. Last, the levels tried
    at first are walked with the lot or cap that is best. All is on the same paths, so that the best
    can only become better on them.

    Parameters
    ----------
    tried : as proposed at first
    rounds : of the search; 0 adds nothing
    seed : in [0, 2**32), of the lead times
    device : where paths are walked
    """
    if rounds == 0:
        return tried
    search = _Search.around(tried)
    for _ in range(rounds):
        search.add(search.around_best(), seed, device)
    search.add(search.rest_of_curve(), seed, device)
    return search.joined(tried)


@dataclass
class _Search:
    """The searches around the best policies of many items.

    Parameters
    ----------
    proposal : what was tried at first
    levels : all tried so far, those of an item in the order in which they were tried
    found : estimates of the same
    walked : (n_levels,) int64, the rows of the same in ``totals``
    totals : (n_rules, n_paths, 12) float64 of the levels in parts, in the order of their walks
    level_step, size_step : (n_items,) float64, units
    done : (n_items,) bool, whether nothing is left to try around the best
    """

    proposal: Proposal
    levels: Levels
    found: Estimates
    walked: Integers
    totals: list[Floats]
    level_step: Floats
    size_step: Floats
    done: Flags

    @classmethod
    def around(cls, tried: Tried) -> "_Search":
        """Return the search around the best of what was tried at first."""
        proposal, found, levels = tried.proposal, tried.of_levels, tried.proposal.tried
        best, least_step = _cheapest(proposal, levels, found), proposal.positions.least_step
        below, above = _gaps(levels.level, _runs(levels.item, levels.size), best)
        # With the same lot, or cap, both neighbours a step away are tried.
        near = (below == least_step) & (above == least_step)
        level_step = _half(np.fmax(np.fmax(below, above), 0.0), least_step)
        smaller, larger = _size_gaps(levels, best)
        size_step = _half(np.fmax(np.fmax(smaller, larger), 0.0), proposal.positions.case_pack)
        totals = [tried.totals[places_among_rules(levels)]]
        walked = np.arange(len(levels))
        done = near & (size_step == 0.0)
        return cls(proposal, levels, found, walked, totals, level_step, size_step, done)

    def around_best(self) -> Levels:
        """Return the untried neighbours of the best policies, and halve the steps."""
        proposal, items = self.proposal, np.flatnonzero(~self.done)
        positions = proposal.positions.of(items)
        best = _cheapest(proposal, self.levels, self.found)[items]
        most = positions.most_cases * positions.case_pack
        level_step, size_step = self.level_step[items], self.size_step[items]
        least = np.minimum.reduceat(self.levels.size, self._offsets[:-1])[items]
        levels = _around(self.levels.level[best], level_step, np.zeros(len(items)), most)
        sizes = _around(self.levels.size[best], size_step, least, most)
        more = self._untried(items, levels, sizes)
        self.level_step[items] = _half(level_step, positions.least_step)
        self.size_step[items] = _half(size_step, positions.case_pack)
        same = (self.level_step[items] == level_step) & (self.size_step[items] == size_step)
        self.done[items] = same & ~np.isin(items, more.item)
        return more

    def rest_of_curve(self) -> Levels:
        """Return the levels tried at first with the best sizes, where they are not tried yet."""
        first, n_items = self.proposal.tried, len(self.done)
        size = self.levels.size[_cheapest(self.proposal, self.levels, self.found)]
        known = np.zeros(n_items, dtype=bool)
        known[first.item[first.size == size[first.item]]] = True
        items = np.flatnonzero(~known)
        order = np.lexsort((first.level, first.item))
        item, level = first.item[order], first.level[order]
        new = begins(item, level)
        item, level = item[new], level[new]
        offsets = np.searchsorted(item, np.arange(n_items + 1))
        levels = np.full((n_items, int(np.diff(offsets).max())), np.nan)
        levels[item, np.arange(len(item)) - offsets[item]] = level
        return self._untried(items, levels[items], size[items, None])

    def add(self, more: Levels, seed: int, device: Device) -> None:
        """Walk policies, and take them among those tried."""
        if not len(more):
            return
        proposal = self.proposal
        items, own = np.unique(more.item, return_inverse=True)
        offsets = np.searchsorted(own, np.arange(len(items) + 1))
        rules = more.rules(proposal.plan.policy)
        walks = take_walks(proposal.walks, items)._replace(rules=rules, offsets=offsets)
        totals = walk(walks, seed, 0, device)
        found = estimate_items(totals, proposal.positions.prices[items], offsets)
        walked = len(self.walked) + np.arange(len(more))
        order = np.argsort(np.append(self.levels.item, more.item), kind="stable")
        self.levels = self.levels.and_then(more).of(order)
        self.found = self.found.and_then(found).of(order)
        self.walked = np.append(self.walked, walked)[order]
        self.totals.append(totals)

    def joined(self, first: Tried) -> Tried:
        """Return all that was walked, and of each item what is not tried last."""
        proposal, levels = self.proposal, self.levels
        rules, offsets = with_others(levels, proposal.plan.policy, proposal.kept)
        walks = proposal.walks._replace(rules=rules, offsets=offsets)
        others, first_others = _others(offsets), _others(first.proposal.walks.offsets)
        totals = np.empty((len(rules), *first.totals.shape[1:]))
        totals[others] = first.totals[first_others]
        # Each part goes where its rules are, so that no second copy of all is made.
        place_of, start = np.empty(len(levels), np.int64), 0
        place_of[self.walked] = places_among_rules(levels)
        for part in self.totals:
            totals[place_of[start : start + len(part)]] = part
            start += len(part)
        order = np.argsort(np.concatenate([places_among_rules(levels), others]))
        found = self.found.and_then(first.found.of(first_others)).of(order)
        return Tried(replace(proposal, tried=levels, walks=walks), totals, found)

    @property
    def _offsets(self) -> Integers:
        return self.levels.offsets(len(self.done))

    def _untried(self, items: Integers, levels: Floats, sizes: Floats) -> Levels:
        """Return the untried policies of levels with sizes, of both a row an item."""
        if not len(items):
            return self.levels.of(items)
        kind = self.proposal.plan.policy
        found = levels_of(kind, self.proposal.positions.of(items), levels, sizes)
        found = replace(found, item=items[found.item])
        known = np.column_stack([self.levels.item, self.levels.rules(kind)])
        asked = np.column_stack([found.item, found.rules(kind)])
        return found.of(np.flatnonzero(~_are_among(asked, known)))


def _cheapest(proposal: Proposal, levels: Levels, found: Estimates) -> Integers:
    """Return (n_items,) int64, the places of the best policies among all levels."""
    positions = proposal.positions
    offsets = levels.offsets(len(positions))
    best, _ = found.cheapest(proposal.plan.target, positions.service_target, offsets)
    return np.asarray(offsets[:-1] + best)


def _others(offsets: Integers) -> Integers:
    """Return the places of the rules of each item that are not tried, which are its last."""
    return np.asarray(offsets[1:, None] - np.arange(N_OTHERS, 0, -1)).ravel()


def _runs(*columns: Floats | Integers) -> Integers:
    """Return the number of the run of equal rows that each row is in."""
    return np.cumsum(begins(*columns)) - 1


def _are_among(rows: Floats, known: Floats) -> Flags:
    """Return which rows are among those known."""
    both = np.concatenate([known, rows])
    # Of equal rows those that are known come first.
    order = np.lexsort(both.T)
    new = begins(*both[order].T)
    is_known = (order < len(known))[np.flatnonzero(new)][np.cumsum(new) - 1]
    among = np.empty(len(both), dtype=bool)
    among[order] = is_known
    return among[len(known) :]


def _gaps(numbers: Floats, group: Integers, places: Integers) -> tuple[Floats, Floats]:
    """Return how far numbers, which ascend in their groups, are from their neighbours; or NaN."""

    def apart(step: int) -> Floats:
        other = np.clip(places + step, 0, len(numbers) - 1)
        beside = (other != places) & (group[other] == group[places])
        return np.where(beside, np.abs(numbers[other] - numbers[places]), np.nan)

    return apart(-1), apart(1)


def _size_gaps(levels: Levels, best: Integers) -> tuple[Floats, Floats]:
    """Return how far the sizes of the best are from their neighbours tried; NaN without one."""
    runs = _runs(levels.item, levels.size)
    first = np.flatnonzero(begins(runs))
    size = np.where(np.isfinite(levels.size[first]), levels.size[first], np.nan)
    return _gaps(size, levels.item[first], runs[best])


def _half(step: Floats, least: Floats) -> Floats:
    """Return half of steps in whole least ones, one at least; there is none of none."""
    halved = np.maximum(np.floor(0.5 * step / least), 1.0) * least
    return np.where(step > 0.0, halved, 0.0)


def _around(one: Floats, step: Floats, least: Floats, most: Floats) -> Floats:
    """Return (n, 3) numbers and what is a step from each, within bounds, once: NaN beside those.

    Without a cap none is near.
    """
    near = np.column_stack([one - step, one, one + step])
    near = np.clip(near, least[:, None], most[:, None])
    near[:, 1:][near[:, 1:] == near[:, :-1]] = np.nan
    endless = ~np.isfinite(one)
    near[endless] = np.nan
    near[endless, 0] = one[endless]
    return near
