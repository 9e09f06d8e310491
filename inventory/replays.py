"""Replays of many items under one planner."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from inventory.plan import Target
from inventory.positions import Positions
from inventory.rows import Rows
from kernels.arrays import Flags, Floats, Integers
from kernels.stock_replay import fill_money
from kernels.stock_terms import DEMANDED, HELD, ORDERS, OWED, SHORT, SOLD, WASTED


@dataclass(frozen=True)
class Replays(Rows):
    """What a planner would have done with items, a row each.

    Parameters
    ----------
    records : (n_items, 9, n_periods) float64, as `kernels.stock_replay.Stocks` has them
    prices : (n_items, 12) float64, money per unit of each total of a walk
    cost : (n_items,) float64, money
    first_reached : (n_items,) int64, the first period that an order of the planner can reach
    """

    records: Floats
    prices: Floats
    cost: Floats
    first_reached: Integers

    @classmethod
    def of_records(cls, records: Floats, positions: Positions) -> Self:
        """Return replays with their costs.

        Parameters
        ----------
        records : (n_items, 9, n_periods) float64
        positions : the items
        """
        cost = np.empty(len(records))
        fill_money(records, positions.prices, cost)
        return cls(records, positions.prices, cost, positions.first_reached)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.cost)

    @property
    def n_periods(self) -> int:
        """How many periods are replayed."""
        return int(self.records.shape[2])

    def sums(self, record: int) -> Floats:
        """Return (n_items,) float64, the sum of a record over the periods."""
        return np.asarray(self.records[:, record].sum(axis=1))

    @property
    def reached_demand(self) -> Floats:
        """Units asked for in periods that an order can reach."""
        return self._reached_sums(self.records[:, DEMANDED])

    @property
    def served(self) -> Floats:
        """Units of the same met from stock."""
        return self._reached_sums(self.records[:, SOLD])

    @property
    def covered(self) -> Flags:
        """(n_items, n_periods) bool, whether all demand of a period was met from stock."""
        return np.asarray(self.records[:, SOLD] >= self.records[:, DEMANDED])

    @property
    def reached_periods(self) -> Integers:
        """Periods that an order can reach."""
        return np.maximum(self.n_periods - self.first_reached, 0)

    @property
    def served_periods(self) -> Integers:
        """Those of them without shortage."""
        return self._reached_sums(self.covered).astype(np.int64)

    def served_share(self, target: Target) -> Floats:
        """Return (n_items,) what is held against a service target; 1 where cost alone decides."""
        fill_rate = _shares(self.served, self.reached_demand)
        return target.choose(fill_rate, _shares(self.served_periods, self.reached_periods), 1.0)

    @property
    def period_costs(self) -> Floats:
        """(n_items, n_periods) float64, money."""
        held, owed, short, orders, wasted = (
            self.prices[:, place, None] * self.records[:, place]
            for place in (HELD, OWED, SHORT, ORDERS, WASTED)
        )
        return np.asarray(held + owed + short + orders + wasted)

    def _reached_sums(self, values: Floats | Flags) -> Floats:
        """Return sums over the periods that an order can reach, rounded as those of one item."""
        found = np.empty(len(self))
        for first in np.unique(self.first_reached):
            own = self.first_reached == first
            found[own] = values[own][:, first:].sum(axis=1)
        return found


def _shares(parts: Floats | Integers, wholes: Floats | Integers) -> Floats:
    """Return parts of wholes; 1 of nothing."""
    return np.divide(parts, wholes, out=np.ones(len(wholes)), where=wholes > 0)
