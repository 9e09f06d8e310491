"""The plan of the past, and the plan of some reviews before it, decided on period by period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from inventory.errors import InventoryError
from inventory.plan import StockPlan
from inventory.policies import PolicyKind
from inventory.policy import choose_policies
from inventory.positions import Positions
from inventory.together import blocks_of
from kernels.arrays import Floats, Integers, Words
from kernels.stock_batches import Laws
from kernels.stock_replay import N_RECORDS, Stocks, advance_stocks


@dataclass(frozen=True)
class PastForecasts:
    """Paths of demand of items, forecast at several origins of the past.

    Parameters
    ----------
    refresh : periods between forecasts, the first at the start of the replay
    paths : of each item and origin, (n_paths, horizon + refresh) float64, units per period from the
        origin on
    """

    refresh: int
    paths: Sequence[Sequence[Floats]]

    @property
    def horizon(self) -> int:
        """Periods that a forecast reaches when it is as old as it gets."""
        return int(self.paths[0][0].shape[1]) - self.refresh

    def at(self, t: int, items: Integers) -> Floats:
        """Return the paths of the last origin, from a period on.

        Parameters
        ----------
        t : the period, counted from the start of the replay
        items : numbers of the items

        Returns
        -------
        (n, n_paths, horizon or more) float64
        """
        origin, age = divmod(t, self.refresh)
        return np.array([self.paths[item][origin][:, age:] for item in items])


@dataclass(frozen=True)
class RollingStocks:
    """Stock of many items that is replayed a period at a time.

    Parameters
    ----------
    demand : (n_items, n_periods) float64, units per period
    draws : (n_items, n_periods or more) float64 in (0, 1), uniform, of the lead times
    laws : of the lead times
    terms : (n_items, 7) float64, each as `kernels.stock_terms.Terms` has them
    stocks : as far as they were replayed
    """

    demand: Floats
    draws: Floats
    laws: Laws
    terms: Floats
    stocks: Stocks

    @classmethod
    def opened(
        cls, positions: Positions, demand: Floats, draws: Floats, on_hand: Floats, lost_share: float
    ) -> Self:
        """Return stock at the start of the first period, with nothing on the way.

        Parameters
        ----------
        positions : the items; their stock and units on the way are not read
        demand, draws : as above
        on_hand : (n_items,) float64, units, all fresh where units perish
        lost_share : of each unit short, fraction in [0, 1]; the rest is owed
        """
        n_items, n_periods = demand.shape
        laws, shelf_life = positions.lead_times(), np.maximum(positions.shelf_life, 1)
        ages = np.zeros((n_items, shelf_life.max()))
        ages[np.arange(n_items), shelf_life - 1] = on_hand
        coming = np.zeros((n_items, n_periods + np.diff(laws.offsets).max() + 1))
        records = np.empty((n_items, N_RECORDS, n_periods))
        stocks = Stocks(on_hand.copy(), coming, ages, records)
        return cls(demand, draws, laws, positions.terms(lost_share), stocks)

    def ahead(self, t: int, rows: Integers, horizon: int) -> tuple[Floats, Floats]:
        """Return what a planner sees in a period: units on hand less owed, and those on the way.

        Parameters
        ----------
        t : the period
        rows : numbers of the items
        horizon : periods to look ahead, no fewer than an order can take

        Returns
        -------
        (n,) and (n, horizon) float64; what arrives in the period is on hand.
        """
        coming = self.stocks.coming[rows, t : t + horizon]
        receipts = np.zeros((len(rows), horizon))
        receipts[:, 1 : coming.shape[1]] = coming[:, 1:]
        return self.stocks.net[rows] + coming[:, 0], receipts

    def advance(self, t: int, rules: Floats) -> None:
        """Let a period pass.

        Parameters
        ----------
        t : the period
        rules : (n_items, 4) float64, followed by those whose review it is
        """
        told = (self.demand, self.draws, rules, self.laws, self.terms)
        advance_stocks(t, *told, self.stocks)


@dataclass
class PastPlans:
    """The plan, and the plan of some reviews before, each with its own stock.

    Parameters
    ----------
    positions : the items under the one, and again under the other
    stocks : of both
    forecasts : of the items
    entities, seed : keys of the lead times that are simulated
    plan : settings

    Attributes
    ----------
    errors : why items cannot be decided on, by their numbers; what their stock does is nothing
    """

    positions: Positions
    stocks: RollingStocks
    forecasts: PastForecasts
    entities: Words
    seed: int
    plan: StockPlan

    def __post_init__(self) -> None:
        self.errors: dict[int, Exception] = {}
        self._items = np.tile(np.arange(len(self.entities)), 2)
        self._rules = np.zeros((len(self.positions), 4))

    @classmethod
    def opened(
        cls,
        positions: Positions,
        demand: Floats,
        draws: Floats,
        on_hand: Floats,
        forecasts: PastForecasts,
        entities: Words,
        seed: int,
        plan: StockPlan,
    ) -> Self:
        """Return both plans at the start of the first period.

        Parameters
        ----------
        positions, demand, draws, on_hand : of the items, as `RollingStocks.opened` takes them
        others : as above
        """
        twice = np.tile(np.arange(len(positions)), 2)
        both, own = positions.of(twice), (demand[twice], draws[twice], on_hand[twice])
        stocks = RollingStocks.opened(both, *own, plan.lost_share)
        return cls(both, stocks, forecasts, entities, seed, plan)

    @property
    def records(self) -> Floats:
        """(2 * n_items, 9, n_periods) float64, what the stock of the one did, then of the other."""
        return self.stocks.stocks.records

    def replay(self, held: int) -> None:
        """Replay all periods.

        Parameters
        ----------
        held : reviews that the previous plan's level is kept for
        """
        n_items, review = len(self.entities), self.positions.review_period
        n_paths, horizon = self.forecasts.paths[0][0].shape
        for t in range(self.stocks.demand.shape[1]):
            asked = (t % review == 0) & ~np.isin(self._items, list(self.errors))
            # All stocks are alike at first, and so is what both decide.
            asked[n_items:] &= (t > 0) & (t // review[n_items:] % held == 0)
            for block in blocks_of(np.flatnonzero(asked), n_paths, horizon, self.plan):
                self._decide_all(t, block)
            if t == 0:
                self._rules[n_items:] = self._rules[:n_items]
            self.stocks.advance(t, self._rules)

    def _decide_all(self, t: int, rows: Integers) -> None:
        """Decide of some rows together; where that cannot be done, of those that can one by one."""
        try:
            self._rules[rows] = self._chosen(t, rows)
        except (InventoryError, ValueError) as error:
            if len(rows) == 1:
                self.errors[int(self._items[rows[0]])] = error
                return
            for row in rows:
                self._decide_all(t, np.array([row]))

    def _chosen(self, t: int, rows: Integers) -> Floats:
        """Return the rules of the policies that the night would have chosen in a period."""
        items = self._items[rows]
        paths = self.forecasts.at(t, items)
        if self.plan.policy == PolicyKind.NEWSVENDOR:
            paths = paths[:, :, : self.forecasts.horizon]
        on_hand, receipts = self.stocks.ahead(t, rows, paths.shape[2])
        tonight = replace(self.positions.of(rows), on_hand=on_hand, receipts=receipts)
        own = tonight, paths, self.entities[items], self.seed
        return choose_policies(*own, self.plan).rules
