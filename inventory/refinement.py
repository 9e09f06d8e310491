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

from inventory.estimates import Estimates, estimate
from inventory.levels import Levels, levels_of
from inventory.policies import Policy
from inventory.proposal import Proposal
from inventory.simulation import simulate_together
from kernels.arrays import Floats
from kernels.device import Device

# The neighbours of a level and of a size, with each other.
_AROUND = 8


@dataclass(frozen=True)
class Tried:
    """An item's policies, walked.

    Parameters
    ----------
    proposal : the policies
    totals : (n_policies, n_paths, 12) float64, of its simulation
    found : estimates of the same
    """

    proposal: Proposal
    totals: Floats
    found: Estimates

    @staticmethod
    def of(proposal: Proposal, totals: Floats) -> "Tried":
        """Return the policies with their estimates."""
        return Tried(proposal, totals, estimate(totals, proposal.position.costs))


def most_refined(rounds: int, n_candidates: int) -> int:
    """Return how many policies `refine_together` walks of an item at most.

    Parameters
    ----------
    rounds : of the search
    n_candidates : levels tried with each size
    """
    return _AROUND * rounds + n_candidates


def refine_together(tried: Sequence[Tried], rounds: int, seed: int, device: Device) -> list[Tried]:
    """Return the same with policies between those tried at first.

    A round walks the neighbours of the best policy so far, a step of levels and a step of lots or
    caps away, and halves both steps, down to a case. First steps are half of what lies between the
    best policy and its neighbours. Last, the levels tried at first are walked with the lot or cap
    that is best. All is on the same paths, so that the best can only become better on them.

    Parameters
    ----------
    tried : of each item, as proposed at first
    rounds : of the search; 0 adds nothing
    seed : in [0, 2**32), of the lead times
    device : where paths are walked
    """
    if rounds == 0:
        return list(tried)
    searches = [_begin(own) for own in tried]
    for _ in range(rounds):
        _walk(searches, [own.around_best() for own in searches], seed, device)
    _walk(searches, [own.rest_of_curve() for own in searches], seed, device)
    return [own.all_tried for own in searches]


@dataclass
class _Search:
    """The search around the best policy of one item.

    Parameters
    ----------
    first : what was tried at first
    levels : all tried so far
    totals : of them, in parts
    found : estimates of the same
    known : their policies
    steps : units, of levels and of sizes
    done : whether nothing is left to try around the best
    """

    first: Tried
    levels: Levels
    totals: list[Floats]
    found: Estimates
    known: set[Policy]
    steps: tuple[float, float]
    done: bool

    @property
    def best(self) -> int:
        """Number of the best policy so far."""
        own = self.first.proposal
        return self.found.cheapest(own.plan.target, own.position.service_target)[0]

    def around_best(self) -> Levels | None:
        """Return the neighbours of the best policy that are not tried yet, and halve the steps."""
        if self.done:
            return None
        position, best = self.first.proposal.position, self.best
        case_pack, most = position.case_pack, position.most_cases * position.case_pack
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
        tried, size = self.first.proposal.tried, float(self.levels.size[self.best])
        return None if size in tried.size else self._untried(np.unique(tried.level), [size])

    def add(self, more: Levels, totals: Floats) -> None:
        """Take what was walked."""
        self.levels = self.levels.and_then(more)
        self.totals.append(totals)
        self.known.update(more.policies)
        costs = self.first.proposal.position.costs
        self.found = self.found.and_then(estimate(totals, costs))

    @property
    def all_tried(self) -> Tried:
        """All policies walked."""
        if len(self.totals) == 1:
            return self.first
        own, others = self.first.proposal, self.first.found.of(np.array([-2, -1]))
        policies = [*self.levels.policies, *own.simulation.policies[-2:]]
        simulation = replace(own.simulation, policies=policies)
        proposal = replace(own, tried=self.levels, simulation=simulation)
        totals = np.concatenate([*self.totals, self.first.totals[-2:]])
        return Tried(proposal, totals, self.found.and_then(others))

    def _untried(self, levels: Floats, sizes: Sequence[float] | Floats) -> Levels | None:
        own = self.first.proposal
        found = levels_of(own.plan.policy, own.position, levels, sizes).without(self.known)
        return found if found.policies else None


def _begin(own: Tried) -> _Search:
    levels = own.proposal.tried
    found = own.found.of(np.arange(len(levels.policies)))
    search = _Search(own, levels, [own.totals[:-2]], found, set(), (0.0, 0.0), done=False)
    size, case_pack = levels.size[search.best], own.proposal.position.case_pack
    sizes = np.unique(levels.size[np.isfinite(levels.size)])
    level_gaps = _gaps(levels.level[levels.size == size], levels.level[search.best])
    size_gaps = _gaps(sizes, size) if math.isfinite(size) else []
    search.steps = (
        _half(max(level_gaps, default=0.0), case_pack),
        _half(max(size_gaps, default=0.0), case_pack),
    )
    # With the same lot, or cap, both neighbours a case away are tried.
    search.done = level_gaps == [case_pack, case_pack] and search.steps[1] == 0.0
    search.known.update([] if search.done else levels.policies)
    return search


def _walk(
    searches: Sequence[_Search], more: Sequence[Levels | None], seed: int, device: Device
) -> None:
    pairs = zip(searches, more, strict=True)
    asked = [(own, new) for own, new in pairs if new is not None]
    if not asked:
        return
    simulations = [
        replace(own.first.proposal.simulation, policies=new.policies) for own, new in asked
    ]
    totals = simulate_together(simulations, seed, 0, device)
    for (own, new), counted in zip(asked, totals, strict=True):
        own.add(new, counted)


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
