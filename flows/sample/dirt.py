"""Dirt, put into the sample on purpose so that a newcomer sees rejects and repairs at once."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flows.sample.catalogue import EXPIRED_OPTION
from flows.sample.demand import DemandSide
from flows.sample.market import MarketSide
from flows.sample.sizes import AS_OF

GAP_DAYS = 6
STALE_DAYS = 40
SHORT_DAYS = 90
# Before the night, the day on which a warehouse was shut.
SHUT_DAYS = 70


@dataclass(frozen=True)
class Spot:
    """One piece of dirt: where it is, what it is, and what becomes of it."""

    table: str
    what: str
    outcome: str


SPOTS = (
    Spot("demand", "three rows repeated exactly", "reject `duplicate`"),
    Spot(
        "demand", "one day given twice with different quantities", "reject `conflicting_duplicate`"
    ),
    Spot(
        "demand",
        "a quantity of -4",
        "reject `negative`, and the day is unknown: repair `value_refused`",
    ),
    Spot("demand", "a quantity that is missing", "reject `missing`, repair `value_refused`"),
    Spot("demand", "a day after the night", "reject `future`"),
    Spot("demand", "six days left out of two series", "repair `gap_filled`"),
    Spot("demand", "item `mystery-item`, which no list of items has", "reject `unknown_item`"),
    Spot("demand", "series that stop early", "repair `ended_zero`"),
    Spot("demand", "days on which stock ran out", "repair `censored`"),
    Spot("demand", "a day on which one warehouse was shut", "repair `closed`"),
    Spot("items", "an item repeated exactly", "reject `duplicate`"),
    Spot("stock", "an on_hand of `n/a`", "reject `wrong_type`; the item has no order"),
    Spot("stock", "a service target of 1", "reject `target_out_of_range`"),
    Spot("open_orders", "an order that arrived last week", "reject `arrived`"),
    Spot("prices", "three days left out of one instrument", "repair `price_carried`"),
    Spot("prices", "a price of 0", "reject `not_positive`, repair `price_carried`"),
    Spot("prices", "`OLDCO`, without prices for 40 days", "reject `stale`"),
    Spot("prices", "`NEWCO`, listed 90 days ago", "reject `short_history`"),
    Spot("instruments", f"`{EXPIRED_OPTION}`, expired the day before", "reject `expired`"),
    Spot(
        "positions", "book `orphan-01` holds `GHOST`", "reject `unknown_instrument`: the whole book"
    ),
    Spot("limits", "a limit of that book", "reject `unknown_portfolio`"),
)


def dirty_demand(side: DemandSide) -> DemandSide:
    """Return the demand side with its dirt."""
    demand, stock = side.demand, side.stock
    n = len(demand)
    gaps = [
        slice(place + 50, place + 50 + GAP_DAYS)
        for place in np.flatnonzero(_starts(demand))[[1, 2]]
    ]
    keep = np.ones(n, dtype=bool)
    for gap in gaps:
        keep[gap] = False
    quantity = demand["quantity"].to_numpy(copy=True)
    shut = demand["ds"] == pd.Timestamp(AS_OF) - pd.Timedelta(days=SHUT_DAYS)
    quantity[shut & (demand["warehouse_id"].cat.codes == 0)] = 0.0
    quantity[n // 3], quantity[n // 2] = -4.0, np.nan
    kept = demand.assign(quantity=quantity)[keep]
    clash = demand.iloc[[n // 5]].assign(quantity=demand["quantity"].iloc[n // 5] + 7.0)
    late = demand.iloc[[n // 4]].assign(ds=pd.Timestamp(AS_OF) + pd.Timedelta(days=3))
    categories = [*demand["item_id"].cat.categories, "mystery-item"]
    mystery = demand.iloc[10:40].assign(
        item_id=pd.Categorical(["mystery-item"] * 30, categories=categories)
    )
    kept = kept.assign(item_id=kept["item_id"].cat.set_categories(categories))
    extra = [demand.iloc[[100, 101, 102]], clash, late]
    extra = [part.assign(item_id=part["item_id"].cat.set_categories(categories)) for part in extra]
    on_hand = stock["on_hand"].astype(object)
    on_hand.iloc[5] = "n/a"
    target = stock["service_target"].to_numpy(copy=True)
    target[9] = 1.0
    orders = side.open_orders
    arrived = orders.iloc[[0]].assign(ds=pd.Timestamp(AS_OF) - pd.Timedelta(days=7))
    return replace(
        side,
        demand=pd.concat([kept, *extra, mystery], ignore_index=True),
        items=pd.concat([side.items, side.items.iloc[[0]]], ignore_index=True),
        stock=stock.assign(on_hand=on_hand, service_target=target),
        open_orders=pd.concat([orders, arrived], ignore_index=True),
    )


def _starts(demand: pd.DataFrame) -> np.ndarray:
    codes = demand["warehouse_id"].cat.codes.to_numpy().astype(int) * 10_000
    codes = codes + demand["item_id"].cat.codes.to_numpy()
    new = np.ones(len(codes), dtype=bool)
    new[1:] = codes[1:] != codes[:-1]
    return new


def dirty_market(side: MarketSide) -> MarketSide:
    """Return the market side with its dirt."""
    prices = side.prices
    one = prices[prices["instrument_id"] == "FIN1"]
    hole = one.index[200:203]
    zero = prices.index[prices["instrument_id"] == "HEA3"][150]
    cleaned = prices.drop(hole).copy()
    cleaned.loc[zero, "close"] = 0.0
    template = prices[prices["instrument_id"] == "IND2"]
    stale = template.iloc[:-STALE_DAYS].assign(instrument_id="OLDCO")
    short = template.iloc[-SHORT_DAYS:].assign(instrument_id="NEWCO")
    instruments = side.instruments
    equity = instruments[instruments["instrument_id"] == "IND2"]
    option = instruments[instruments["instrument_id"] == "TEC1-C105-DEC"]
    extra = [
        equity.assign(instrument_id="OLDCO"),
        equity.assign(instrument_id="NEWCO"),
        option.assign(
            instrument_id=EXPIRED_OPTION,
            underlying="TEC2",
            expiry=pd.Timestamp(AS_OF) - pd.Timedelta(days=1),
        ),
    ]
    orphan = pd.DataFrame(
        [("orphan-01", "TEC1", 1000.0), ("orphan-01", "GHOST", 500.0)],
        columns=side.positions.columns,
    )
    limit = pd.DataFrame(
        [("orphan-01", "expected_shortfall", 0.975, 1, 10000.0)], columns=side.limits.columns
    )
    return replace(
        side,
        prices=pd.concat([cleaned, stale, short], ignore_index=True),
        instruments=pd.concat([instruments, *extra], ignore_index=True),
        positions=pd.concat([side.positions, orphan], ignore_index=True),
        limits=pd.concat([side.limits, limit], ignore_index=True),
    )
