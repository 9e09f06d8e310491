"""Risk factors: what moves, its history, and its level today."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from kernels.arrays import Dates, Flags, Floats, Integers
from risk.errors import MarketError
from risk.market.backfill import backfill_moves
from risk.market.curves import Note
from risk.plan import FEWEST_RETURNS, RiskPlan

REPAIR_COLUMNS = ["input", "entity", "ds", "periods", "code", "column", "detail"]


@dataclass(frozen=True, eq=False)
class Factors:
    """Risk factors over a window of days: prices first, then points of curves.

    Parameters
    ----------
    prices : ids of the instruments whose log price is a factor
    points : (curve_id, tenor in years) of the zero rates that are factors, sorted
    dates : (n_returns,) day on which each move ends
    moves : (n_returns, n_factors) float64, log return or absolute change, no NaN
    levels : (n_factors,) float64, price (own currency) or zero rate (annual fraction) today
    seen : (n_returns, n_factors) bool, moves that happened; the others are filled in. None says
        that all happened
    """

    prices: tuple[str, ...]
    points: tuple[tuple[str, float], ...]
    dates: Dates
    moves: Floats
    levels: Floats
    seen: Flags | None = None

    @property
    def seen_moves(self) -> Floats:
        """Moves, NaN where they are filled in, (n_returns, n_factors).

        A factor of which fewer than 30 happened keeps what is filled in.
        """
        return self.moves_seen(FEWEST_RETURNS)

    def moves_seen(self, fewest: int) -> Floats:
        """Return the moves, NaN where they are filled in, (n_returns, n_factors).

        Parameters
        ----------
        fewest : returns; a factor of which fewer happened keeps what is filled in
        """
        if self.seen is None:
            return self.moves
        kept = self.seen | (self.seen.sum(axis=0) < fewest)
        return np.where(kept, self.moves, np.nan)

    def between(self, days: slice) -> "Factors":
        """Return the factors over some of the window's days alone.

        Parameters
        ----------
        days : numbers of the returns
        """
        return replace(
            self,
            dates=self.dates[days],
            moves=np.ascontiguousarray(self.moves[days]),
            seen=None if self.seen is None else self.seen[days],
        )

    def name(self, number: int) -> str:
        """Return what a factor is, in words.

        Parameters
        ----------
        number : of the factor
        """
        if number < len(self.prices):
            return f"the price of {self.prices[number]!r}"
        curve_id, tenor = self.points[number - len(self.prices)]
        return f"the rate of {curve_id!r} at {tenor:g} years"

    def price(self, instrument_id: str) -> int | None:
        """Return the number of an instrument's own factor, or None."""
        return self._price_numbers.get(instrument_id)

    def curve(self, curve_id: str) -> tuple[Floats, Integers] | None:
        """Return a curve's tenors, ascending, and the numbers of their factors, or None."""
        return self._curve_numbers.get(curve_id)

    @property
    def curve_ids(self) -> tuple[str, ...]:
        """Curves among the factors."""
        return tuple(self._curve_numbers)

    @cached_property
    def _price_numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.prices)}

    @cached_property
    def _curve_numbers(self) -> dict[str, tuple[Floats, Integers]]:
        found: dict[str, list[tuple[float, int]]] = {}
        for number, (curve_id, tenor) in enumerate(self.points, start=len(self.prices)):
            found.setdefault(curve_id, []).append((tenor, number))
        return {
            curve_id: (np.array([t for t, _ in points]), np.array([n for _, n in points]))
            for curve_id, points in found.items()
        }


def build_factors(
    prices: pd.DataFrame, rates: pd.DataFrame, plan: RiskPlan, notes: list[Note]
) -> Factors:
    """Return price and rate factors over the window.

    Parameters
    ----------
    prices : (n_days, n_instruments) closes, as `screen_prices` lays them
    rates : (n_days, n_points) zero rates, as `screen_curves` lays them
    plan : the window's length, and the seed of what is filled in
    notes : repairs, added to

    Raises
    ------
    MarketError
        Where there are too few trading days, or no instrument covers the window.
    """
    if len(prices) <= FEWEST_RETURNS:
        raise MarketError(
            f"prices must cover more than {FEWEST_RETURNS} trading days; they cover {len(prices)}"
        )
    returns = prices.apply(np.log).diff().iloc[1:].tail(plan.history)
    changes = rates.diff().iloc[1:].tail(plan.history).to_numpy(float)
    seen = np.hstack([returns.notna().to_numpy(), np.full(changes.shape, True)])
    return Factors(
        prices=tuple(str(name) for name in prices.columns),
        points=tuple((str(name[0]), float(name[1])) for name in rates.columns),
        dates=np.asarray(returns.index.to_numpy(dtype="datetime64[us]")),
        moves=np.ascontiguousarray(np.hstack([backfill_moves(returns, plan.seed, notes), changes])),
        levels=np.concatenate([prices.iloc[-1].to_numpy(float), rates.iloc[-1].to_numpy(float)]),
        seen=None if seen.all() else seen,
    )


def repairs_frame(notes: list[Note]) -> pd.DataFrame:
    """Return repairs as a frame, without the running number that publishing gives them.

    Parameters
    ----------
    notes : one for each repair, with `REPAIR_COLUMNS`
    """
    frame = pd.DataFrame(notes, columns=REPAIR_COLUMNS)
    return frame.astype({"ds": "datetime64[us]", "periods": "int64"})
