"""Many warehouse-items: what is there, what it costs, and which cannot be planned."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from inventory.errors import StockError
from inventory.estimates import costs_of, prices_of
from inventory.policies import PolicyKind
from inventory.position import Position, first_reached, on_order, whole_cases_within
from inventory.rows import Rows
from kernels.arrays import Flags, Floats, Integers
from kernels.stock_batches import Laws, laws_together
from kernels.stock_lead_times import gamma_lead_time
from kernels.stock_terms import HELD, ORDERS, SHORT, WASTED

_BOUNDED = (
    "on_hand",
    "lead_time_mean",
    "lead_time_deviation",
    "minimum_order",
    "unit_cost",
    "holding_cost",
    "shortage_cost",
    "ordering_cost",
    "waste_cost",
)

Check = tuple[Flags, Callable[[int], str]]


@dataclass(frozen=True)
class Positions(Rows):
    """Warehouse-items at the close of a night, a row each, as `Position` has one.

    Parameters
    ----------
    on_hand : (n_items,) float64, units
    receipts : (n_items, horizon) float64, units on the way by period of arrival
    late_receipts : (n_items,) float64, units that arrive after the horizon
    lead_time_mean, lead_time_deviation : (n_items,) float64, periods
    review_period : (n_items,) int64, periods between orders
    case_pack, minimum_order : (n_items,) float64, units
    unit_cost : (n_items,) float64, money per unit
    service_target : (n_items,) float64, fraction in (0, 1)
    prices : (n_items, 12) float64, money per unit of each total of a walk
    capacity : (n_items,) float64, units that stock and orders on the way may fill
    shelf_life : (n_items,) int64, periods a unit can be sold in; 0 is for ever
    """

    on_hand: Floats
    receipts: Floats
    late_receipts: Floats
    lead_time_mean: Floats
    lead_time_deviation: Floats
    review_period: Integers
    case_pack: Floats
    minimum_order: Floats
    unit_cost: Floats
    service_target: Floats
    prices: Floats
    capacity: Floats
    shelf_life: Integers

    @classmethod
    def stacked(cls, positions: Sequence[Position]) -> Self:
        """Return positions of as many periods, one a row."""
        own = {
            field.name: np.array([getattr(each, field.name) for each in positions])
            for field in fields(cls)
            if field.name != "prices"
        }
        return cls(**own, prices=np.array([prices_of(each.costs) for each in positions]))

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.on_hand)

    def one(self, item: int, name: str = "") -> Position:
        """Return one item.

        Parameters
        ----------
        item : its number
        name : its ids, joined with "/"
        """
        return Position(
            name,
            float(self.on_hand[item]),
            self.receipts[item],
            float(self.late_receipts[item]),
            float(self.lead_time_mean[item]),
            float(self.lead_time_deviation[item]),
            int(self.review_period[item]),
            float(self.case_pack[item]),
            float(self.minimum_order[item]),
            float(self.unit_cost[item]),
            float(self.service_target[item]),
            costs_of(self.prices[item]),
            float(self.capacity[item]),
            int(self.shelf_life[item]),
        )

    @property
    def holding_cost(self) -> Floats:
        """Money per unit and period."""
        return self.prices[:, HELD]

    @property
    def shortage_cost(self) -> Floats:
        """Money per unit short."""
        return self.prices[:, SHORT]

    @property
    def ordering_cost(self) -> Floats:
        """Money per order."""
        return self.prices[:, ORDERS]

    @property
    def waste_cost(self) -> Floats:
        """Money per unit that perishes."""
        return self.prices[:, WASTED]

    @property
    def on_order(self) -> Floats:
        """Units on the way."""
        return on_order(self.receipts, self.late_receipts)

    @property
    def counted(self) -> Floats:
        """Units in stock and on the way that a walk counts on: those that arrive within it."""
        return np.asarray(self.on_hand + self.receipts.sum(axis=1))

    @property
    def first_reached(self) -> Integers:
        """The first period that an order placed now can reach, by its mean lead time."""
        return first_reached(self.lead_time_mean).astype(np.int64)

    @property
    def protection_interval(self) -> Integers:
        """Periods that an order must last: lead time and review period."""
        return self.first_reached + self.review_period

    @property
    def most_cases(self) -> Floats:
        """Whole cases that the capacity holds; may be infinite."""
        return whole_cases_within(self.capacity, self.case_pack)

    @property
    def least_step(self) -> Floats:
        """Units between the nearest two levels worth trying: one, or a case where that is less."""
        return np.minimum(self.case_pack, 1.0)

    def reviewed(self, kind: PolicyKind) -> Self:
        """Return the items as their policy reviews them, see `inventory.position.reviewed`."""
        if kind != PolicyKind.NEWSVENDOR:
            return self
        return replace(self, review_period=np.full(len(self), self.receipts.shape[1]))

    def lead_times(self) -> Laws:
        """Return the laws of lead times, each once."""
        # NumPy finds equal numbers far sooner than equal rows.
        pairs = self.lead_time_mean + 1j * self.lead_time_deviation
        distinct, of_item = np.unique(pairs, return_inverse=True)
        horizon = self.receipts.shape[1]
        laws = [gamma_lead_time(each.real, each.imag, horizon) for each in distinct.tolist()]
        return laws_together(laws, of_item)

    def terms(self, lost_share: float) -> Floats:
        """Return (n_items, 7) float64, each row as `kernels.stock_terms.Terms` has it.

        Parameters
        ----------
        lost_share : of each unit short, fraction in [0, 1]; the rest is owed
        """
        return np.column_stack(
            [
                self.review_period,
                self.case_pack,
                self.minimum_order,
                self.capacity,
                np.full(len(self), lost_share),
                self.shelf_life,
                np.zeros(len(self)),
            ]
        )

    def refused(self, horizon: int) -> dict[int, str]:
        """Return why items cannot be planned, by their number; what is first found of each.

        Parameters
        ----------
        horizon : periods of the forecast
        """
        found: dict[int, str] = {}
        for passes, say in self._checks(horizon):
            for item in np.flatnonzero(~passes).tolist():
                found.setdefault(item, say(item))
        # What a walk refuses, its terms say themselves.
        doubtful = ~(self.capacity >= np.maximum(self.case_pack, self.minimum_order))
        for item in np.flatnonzero(doubtful | (self.shelf_life < 0)).tolist():
            try:
                self.one(item).supply(horizon, 1.0)
            except StockError as error:
                found.setdefault(item, str(error))
        return found

    def _checks(self, horizon: int) -> Iterator[Check]:
        for name in _BOUNDED:
            yield _not_negative(name, getattr(self, name))
        yield (
            np.isfinite(self.case_pack) & (self.case_pack > 0.0),
            lambda n: f"case_pack must be above zero; got {self.case_pack[n]}",
        )
        yield (
            (self.service_target > 0.0) & (self.service_target < 1.0),
            lambda n: f"service_target must be in (0, 1); got {self.service_target[n]}",
        )
        yield (
            self.lead_time_mean > 0.0,
            lambda n: f"lead_time_mean must be above zero; got {self.lead_time_mean[n]}",
        )
        yield (
            ~((self.receipts < 0.0).any(axis=1) | (self.late_receipts < 0.0)),
            lambda _: "units on the way must not be negative",
        )
        yield (
            self.review_period >= 1,
            lambda n: f"review_period must be at least 1; got {self.review_period[n]}",
        )
        yield (
            first_reached(self.lead_time_mean) + self.review_period <= horizon,
            lambda n: (
                f"lead time {self.lead_time_mean[n]:g} plus review period "
                f"{self.review_period[n]} must lie within the forecast's {horizon} periods"
            ),
        )


def _not_negative(name: str, values: Floats) -> Check:
    passes = np.isfinite(values) & (values >= 0.0)
    return passes, lambda n: f"{name} must be finite and not negative; got {values[n]}"
