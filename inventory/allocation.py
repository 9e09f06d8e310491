"""One budget, or one room, shared by the items of a warehouse; and what a little more would save.

References
----------
Sinha & Zoltners (1979), "The multiple-choice knapsack problem", Operations Research 27(3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inventory.errors import PlanError
from kernels.arrays import Floats, Integers


@dataclass(frozen=True)
class Options:
    """What can be chosen for one item.

    Parameters
    ----------
    use : (n_options,) float64, of the shared resource (money tonight, or units of room)
    cost : (n_options,) float64, money, mean over paths
    cost_error : (n_options,) float64, money, its standard error

    Raises
    ------
    PlanError
        Where there is no option, lengths differ, or a number is not finite or a use negative.
    """

    use: Floats
    cost: Floats
    cost_error: Floats

    def __post_init__(self) -> None:
        if not len(self.use) == len(self.cost) == len(self.cost_error) > 0:
            raise PlanError("options must have one use, cost and error each, and be one at least")
        numbers = np.concatenate([self.use, self.cost, self.cost_error])
        if not np.isfinite(numbers).all() or (self.use < 0.0).any():
            raise PlanError("uses and costs of options must be finite, and uses not negative")


@dataclass(frozen=True)
class Step:
    """One move of one item to a dearer option that saves cost.

    Parameters
    ----------
    item, option : numbers
    use : of the resource, more than before
    saving : money, less than before
    """

    item: int
    option: int
    use: float
    saving: float

    @property
    def price(self) -> float:
        """Money saved per unit of the resource."""
        return self.saving / self.use


@dataclass(frozen=True)
class Allocation:
    """What is chosen for every item.

    Parameters
    ----------
    chosen : (n_items,) int64, number of the option
    used : of the resource
    cost, cost_error : money, all items, errors taken as independent from item to item
    bound : money; no choice within the limit costs less
    shadow_price : money that the next unit of the resource saves; 0 where the limit does not bind
    cut : (n_items,) numbers of the items that get less than they would without a limit
    waiting : steps that did not fit, the best first
    """

    chosen: Integers
    used: float
    cost: float
    cost_error: float
    bound: float
    shadow_price: float
    cut: Integers
    waiting: tuple[Step, ...]

    def saving_of(self, more: float) -> float:
        """Return the money that ``more`` of the resource saves, the last step in part.

        Parameters
        ----------
        more : of the resource, not negative
        """
        saved, left = 0.0, more
        for step in self.waiting:
            taken = min(left, step.use)
            saved += taken * step.price
            left -= taken
        return saved


def allocate(items: Sequence[Options], limit: float) -> Allocation:
    """Choose an option of each item for least cost within a shared limit.

    Items start at their thriftiest option. The steps of their lower convex hulls are taken by the
    money they save per unit of the resource, as long as they fit; once one of an item does not
    fit, none of its later ones is taken. The cost is above ``bound`` by less than one step saves.

    Parameters
    ----------
    items : one at least
    limit : of the resource; may be infinite

    Raises
    ------
    PlanError
        Where the thriftiest options together exceed the limit.
    """
    if not items:
        raise PlanError("there must be one item at least")
    hulls = [_hull(options) for options in items]
    chosen = np.array([hull[0] for hull in hulls], np.int64)
    used = float(sum(o.use[n] for o, n in zip(items, chosen, strict=True)))
    if not used <= limit:
        raise PlanError(f"the limit must be at least {used:g}, the least all need; got {limit:g}")
    bound = float(sum(o.cost[n] for o, n in zip(items, chosen, strict=True)))
    steps = [step for n, hull in enumerate(hulls) for step in _steps(n, items[n], hull)]
    # Prices fall along a hull, so a stable order by price keeps each item's steps in theirs.
    steps.sort(key=lambda step: -step.price)
    waiting: list[Step] = []
    stopped: set[int] = set()
    relaxed = limit - used
    for step in steps:
        share = min(relaxed, step.use)
        relaxed -= share
        bound -= share * step.price
        if step.item in stopped or used + step.use > limit:
            stopped.add(step.item)
            waiting.append(step)
        else:
            chosen[step.item] = step.option
            used += step.use
    cost = float(sum(o.cost[n] for o, n in zip(items, chosen, strict=True)))
    errors = [o.cost_error[n] for o, n in zip(items, chosen, strict=True)]
    return Allocation(
        chosen,
        used,
        cost,
        float(np.sqrt(np.sum(np.square(errors)))),
        bound,
        waiting[0].price if waiting else 0.0,
        np.array(sorted(stopped), np.int64),
        tuple(waiting),
    )


def _hull(options: Options) -> list[int]:
    """Return options on the lower convex hull of cost by use, where cost falls."""
    hull: list[int] = []
    for n in np.lexsort((options.cost, options.use)):
        place = int(n)
        if hull and options.cost[place] >= options.cost[hull[-1]]:
            continue
        while len(hull) > 1 and _slope(options, hull[-1], place) >= _slope(
            options, hull[-2], hull[-1]
        ):
            hull.pop()
        hull.append(place)
    return hull


def _slope(options: Options, low: int, high: int) -> float:
    saving = options.cost[low] - options.cost[high]
    return float(saving / (options.use[high] - options.use[low]))


def _steps(item: int, options: Options, hull: Sequence[int]) -> list[Step]:
    return [
        Step(
            item,
            high,
            float(options.use[high] - options.use[low]),
            float(options.cost[low] - options.cost[high]),
        )
        for low, high in pairwise(hull)
    ]
