"""Stock walked one unit of time and one batch of units at a time, in plain Python."""

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Walked:
    """What a walk counts, under names of its own."""

    demanded: float = 0.0
    sold: float = 0.0
    held: float = 0.0
    owed: float = 0.0
    orders: int = 0
    ordered: float = 0.0
    wasted: float = 0.0
    reached: float = 0.0
    served: float = 0.0
    reached_periods: int = 0
    served_periods: int = 0
    received: float = 0.0
    lost: float = 0.0
    shipped: float = 0.0
    stock: float = 0.0
    backlog: float = 0.0
    coming: float = 0.0
    sizes: list = field(default_factory=list)
    positions: list = field(default_factory=list)


def cases(need, case_pack, minimum_order, room):
    """Return the least whole number of cases that covers need and minimum, if there is room."""
    if need <= 1e-9:
        return 0.0
    wanted = max(need, minimum_order)
    if case_pack:
        wanted = math.ceil(wanted / case_pack - 1e-9) * case_pack
        room = math.floor(room / case_pack + 1e-9) * case_pack if room < math.inf else room
    size = min(wanted, room)
    return size if size > 0.0 and size >= minimum_order else 0.0


def wanted(position, rule, terms):
    """Return the size of the order at a position."""
    if position > rule.reorder_point:
        return 0.0
    need = rule.order_up_to - position
    if rule.batch:
        need = 0.0
        while position + need <= rule.reorder_point + 1e-9 * rule.batch:
            need += rule.batch
        need = min(need, rule.most)
    room = min(rule.most, terms.capacity - position)
    return cases(need, terms.case_pack, terms.minimum_order, room)


def walk(demand, lead_times, on_hand, receipts, terms, rule, first_counted=0, first_reached=0):
    """Return what happens on one path: receive, order, demand, perish, count."""
    found = Walked()
    # Batches of stock: (last period it can be sold in, units); debts are one number.
    never = math.inf
    batches = [(terms.shelf_life - 1 if terms.shelf_life else never, max(on_hand, 0.0))]
    backlog = max(-on_hand, 0.0)
    coming = [(t, units) for t, units in enumerate(receipts) if units > 0.0]
    for t, wants in enumerate(demand):
        arrived = sum(units for when, units in coming if when == t)
        coming = [(when, units) for when, units in coming if when != t]
        found.received += arrived
        position = sum(u for _, u in batches) + arrived - backlog + sum(u for _, u in coming)
        size = wanted(position, rule, terms) if t % terms.review_period == 0 else 0.0
        found.sizes.append(size)
        found.positions.append(position)
        if size and lead_times[t] == 0:
            arrived += size
            found.received += size
        elif size:
            coming.append((t + lead_times[t], size))
        settled = min(backlog, arrived)
        backlog -= settled
        found.shipped += settled
        batches.append((t + terms.shelf_life - 1 if terms.shelf_life else never, arrived - settled))
        batches.sort(key=lambda batch: batch[0], reverse=terms.freshest_first)
        left, kept = wants, []
        for last, units in batches:
            taken = min(units, left)
            left -= taken
            kept.append((last, units - taken))
        sold = wants - left
        found.shipped += sold
        found.lost += terms.lost_share * left
        backlog += (1.0 - terms.lost_share) * left
        wasted = sum(units for last, units in kept if last <= t)
        batches = [(last, units) for last, units in kept if last > t]
        held = sum(units for _, units in batches)
        if t >= first_counted:
            found.demanded += wants
            found.sold += sold
            found.held += held
            found.owed += backlog
            found.orders += size > 0.0
            found.ordered += size
            found.wasted += wasted
        if t >= first_reached:
            found.reached += wants
            found.served += sold
            found.reached_periods += 1
            found.served_periods += sold >= wants
    found.stock = sum(units for _, units in batches)
    found.backlog = backlog
    found.coming = sum(units for _, units in coming)
    return found


def poisson_law(mean):
    """Return probabilities of 0, 1, ... units, to where the rest is below any rounding."""
    counts = range(int(mean + 12.0 * math.sqrt(mean) + 25.0))
    logs = [n * math.log(mean) - mean - math.lgamma(n + 1.0) for n in counts]
    chances = np.exp(logs)
    return chances / chances.sum()
