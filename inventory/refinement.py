"""Policies ever nearer to the best of those tried, on the same demand and lead times.

References
----------
Hooke & Jeeves (1961), "'Direct search' solution of numerical and statistical problems", Journal of
the ACM 8(2); Law (2015), "Simulation modeling and analysis", section 11.2 (common random numbers).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.estimates import Estimates, estimate_items
from inventory.levels import Levels, levels_of
from inventory.positions import Positions
from inventory.proposal import N_OTHERS, Proposal, places_among_rules, walk, with_others
from kernels.arrays import Floats
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
    caps away, and halves both steps, down to a case. First steps are half of what lies between the
    best policy and its neighbours. Last, the levels tried at first are walked with the lot or cap
    that is best. All is on the same paths, so that the best can only become better on them.

    Parameters
    ----------
    tried : as proposed at first
    rounds : of the search; 0 adds nothing
    seed : in [0, 2**32), of the lead times
    device : where paths are walked
    """
    if rounds == 0:
        return tried
    searches = [_begin(tried, item) for item in range(len(tried.proposal.positions))]
    for _ in range(rounds):
        _walk(tried.proposal, searches, [own.around_best() for own in searches], seed, device)
    _walk(tried.proposal, searches, [own.rest_of_curve() for own in searches], seed, device)
    return _joined(tried, searches)


@dataclass
class _Search:
    """The search around the best policy of one item.

    Parameters
    ----------
    proposal : what was tried at first, of all items
    item : number of the item among them
    position : the item
    levels : all tried so far
    totals : of them, in parts
    found : estimates of the same
    known : their rules
    steps : units, of levels and of sizes
    done : whether nothing is left to try around the best
    """

    proposal: Proposal
    item: int
    position: Positions
    levels: Levels
    totals: list[Floats]
    found: Estimates
    known: set[tuple[float, ...]]
    steps: tuple[float, float]
    done: bool

    @property
    def best(self) -> int:
        """Number of the best policy so far."""
        target, ends = self.proposal.plan.target, np.array([0, len(self.levels)])
        return int(self.found.cheapest(target, self.position.service_target, ends)[0][0])

    def around_best(self) -> Levels | None:
        """Return the neighbours of the best policy that are not tried yet, and halve the steps."""
        if self.done:
            return None
        best, case_pack = self.best, float(self.position.case_pack[0])
        most = float(self.position.most_cases[0]) * case_pack
        level_step, size_step = self.steps
        levels = _around(float(self.levels.level[best]), level_step, 0.0, most)
        least = float(self.levels.size.min())
        sizes = _around(float(self.levels.size[best]), size_step, least, most)
        more = self._untried(levels, sizes)
        self.steps = _half(level_step, case_pack), _half(size_step, case_pack)
        self.done = more is None and self.steps == (level_step, size_step)
        return more

    def rest_of_curve(self) -> Levels | None:
        """Return the levels tried at first with the best size, where they are not tried yet."""
        tried = self.proposal.tried.of(np.flatnonzero(self.proposal.tried.item == self.item))
        size = self.levels.size[[self.best]]
        return None if size[0] in tried.size else self._untried(np.unique(tried.level), size)

    def add(self, more: Levels, totals: Floats) -> None:
        """Take what was walked."""
        self.levels = self.levels.and_then(more)
        self.totals.append(totals)
        self.known.update(_rules(more, self.proposal))
        found = estimate_items(totals, self.position.prices, np.array([0, len(totals)]))
        self.found = self.found.and_then(found)

    def _untried(self, levels: Floats, sizes: Floats) -> Levels | None:
        found = levels_of(self.proposal.plan.policy, self.position, levels[None], sizes[None])
        rules = _rules(found, self.proposal)
        new = [n for n, rule in enumerate(rules) if rule not in self.known]
        return found.of(np.array(new)) if new else None


def _rules(levels: Levels, proposal: Proposal) -> list[tuple[float, ...]]:
    return [tuple(rule) for rule in levels.rules(proposal.plan.policy).tolist()]


def _begin(tried: Tried, item: int) -> _Search:
    proposal = tried.proposal
    position = proposal.positions.of(np.array([item]))
    start, stop = proposal.walks.offsets[item : item + 2]
    own = np.arange(start, stop - N_OTHERS)
    levels = proposal.tried.of(own - N_OTHERS * item)
    levels = replace(levels, item=np.zeros_like(levels.item))
    totals, found = [tried.totals[own]], tried.found.of(own)
    search = _Search(proposal, item, position, levels, totals, found, set(), (0.0, 0.0), done=False)
    size, case_pack = levels.size[search.best], float(position.case_pack[0])
    sizes = np.unique(levels.size[np.isfinite(levels.size)])
    level_gaps = _gaps(levels.level[levels.size == size], levels.level[search.best])
    size_gaps = _gaps(sizes, size) if math.isfinite(size) else []
    search.steps = (
        _half(max(level_gaps, default=0.0), case_pack),
        _half(max(size_gaps, default=0.0), case_pack),
    )
    # With the same lot, or cap, both neighbours a case away are tried.
    search.done = level_gaps == [case_pack, case_pack] and search.steps[1] == 0.0
    search.known.update([] if search.done else _rules(levels, proposal))
    return search


def _walk(
    proposal: Proposal,
    searches: Sequence[_Search],
    more: Sequence[Levels | None],
    seed: int,
    device: Device,
) -> None:
    pairs = zip(searches, more, strict=True)
    asked = [(own, new) for own, new in pairs if new is not None]
    if not asked:
        return
    items = np.array([own.item for own, _ in asked])
    offsets = np.cumsum([0, *(len(new) for _, new in asked)])
    rules = np.concatenate([new.rules(proposal.plan.policy) for _, new in asked])
    walks = take_walks(proposal.walks, items)._replace(rules=rules, offsets=offsets)
    totals = walk(walks, seed, 0, device)
    for place, (own, new) in enumerate(asked):
        own.add(new, totals[offsets[place] : offsets[place + 1]])


def _joined(first: Tried, searches: Sequence[_Search]) -> Tried:
    """Return all that was walked, and of each item what is not tried last."""
    proposal = first.proposal
    levels = [replace(own.levels, item=np.full(len(own.levels), own.item)) for own in searches]
    tried = levels[0].and_then(*levels[1:])
    others = [np.arange(stop - N_OTHERS, stop) for stop in proposal.walks.offsets[1:]]
    totals: list[Floats] = []
    found: list[Estimates] = []
    for own, rest in zip(searches, others, strict=True):
        totals += [*own.totals, first.totals[rest]]
        found += [own.found, first.found.of(rest)]
    rules, offsets = with_others(tried, proposal.plan.policy, proposal.kept)
    walks = proposal.walks._replace(rules=rules, offsets=offsets)
    return Tried(
        replace(proposal, tried=tried, walks=walks),
        np.concatenate(totals),
        found[0].and_then(*found[1:]),
    )


def _gaps(numbers: Floats, one: float) -> list[float]:
    """Return how far one of the numbers, which ascend, is from its neighbours."""
    place = int(np.searchsorted(numbers, one))
    gaps: list[float] = np.diff(numbers[max(place - 1, 0) : place + 2]).tolist()
    return gaps


def _half(step: float, case_pack: float) -> float:
    """Return half a step in whole cases, one at least; there is none of none."""
    return max(np.floor(0.5 * step / case_pack), 1.0) * case_pack if step > 0.0 else 0.0


def _around(one: float, step: float, least: float, most: float) -> Floats:
    """Return a number and what is a step from it, within bounds; without a cap none is near."""
    if not math.isfinite(one):
        return np.array([one])
    return np.unique(np.clip([one - step, one, one + step], least, most))
