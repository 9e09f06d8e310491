"""A budget and a room at once, each with its price.

References
----------
Everett (1963), "Generalized Lagrange multiplier method", Operations Research 11(3).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inventory.allocation import Allocation, Options, allocate
from kernels.arrays import Integers

# Halvings of the price's range.
_ROUNDS = 24


def allocate_jointly(
    first: Sequence[Options], second: Sequence[Options], limits: tuple[float, float]
) -> tuple[Allocation, Allocation]:
    """Choose an option of each item for least cost within two shared limits.

    Where one limit alone keeps the other too, it alone is shared, and the other's price is 0. Where
    both bind, the second resource is paid for at the lowest price at which the first's allocation
    keeps the second's limit.

    Parameters
    ----------
    first, second : of the same items and options, with what each uses of either resource; costs
        are the same
    limits : of the first and the second resource; may be infinite

    Returns
    -------
    The same choice as an allocation of the first resource, and of the second: ``used``, and what
    more of it would save (``shadow_price``, ``waiting``), after paying for the other resource at
    its price. ``bound`` holds for both.

    Raises
    ------
    PlanError
        Where the thriftiest options together exceed a limit.
    """
    found = allocate(first, limits[0])
    if uses_of(second, found.chosen) <= limits[1]:
        return found, _unbound(found, second)
    other = allocate(second, limits[1])
    if uses_of(first, other.chosen) <= limits[0]:
        return _unbound(other, first), other
    return _allocate_at_prices(first, second, limits)


def uses_of(options: Sequence[Options], chosen: Integers) -> float:
    """Return what a choice uses of a resource.

    Parameters
    ----------
    options : of each item
    chosen : (n_items,) numbers of options
    """
    return float(sum(own.use[n] for own, n in zip(options, chosen, strict=True)))


def _unbound(found: Allocation, options: Sequence[Options]) -> Allocation:
    return replace(found, used=uses_of(options, found.chosen), shadow_price=0.0, waiting=())


def _allocate_at_prices(
    first: Sequence[Options], second: Sequence[Options], limits: tuple[float, float]
) -> tuple[Allocation, Allocation]:
    # A little above, so that rounding leaves no saving.
    low, high = 0.0, (1.0 + 1e-9) * max(_dearest(own) for own in second)
    found = allocate(_priced(first, second, high), limits[0])
    bound = found.bound - high * limits[1]
    for _ in range(_ROUNDS):
        price = 0.5 * (low + high)
        tried = allocate(_priced(first, second, price), limits[0])
        bound = max(bound, tried.bound - price * limits[1])
        if uses_of(second, tried.chosen) <= limits[1]:
            high, found = price, tried
        else:
            low = price
    waiting = allocate(_priced(second, first, found.shadow_price), limits[1])
    costs = [own.cost[n] for own, n in zip(first, found.chosen, strict=True)]
    dearer = [cost > own.cost.min() for own, cost in zip(first, costs, strict=True)]
    cut = np.flatnonzero(dearer).astype(np.int64)
    found = replace(found, cost=float(sum(costs)), bound=bound, cut=cut)
    return found, replace(
        found,
        used=uses_of(second, found.chosen),
        shadow_price=waiting.shadow_price,
        waiting=waiting.waiting,
    )


def _priced(
    options: Sequence[Options], others: Sequence[Options], price: float
) -> Sequence[Options]:
    """Return options whose costs pay for what they use of another resource."""
    return [
        Options(own.use, own.cost + price * other.use, own.cost_error)
        for own, other in zip(options, others, strict=True)
    ]


def _dearest(options: Options) -> float:
    """Return a price at which nothing is worth more than the thriftiest option."""
    least = np.lexsort((options.cost, options.use))[0]
    more = options.use > options.use[least]
    saved = options.cost[least] - options.cost[more]
    prices = saved / (options.use[more] - options.use[least])
    return float(max(prices.max(initial=0.0), 0.0))
