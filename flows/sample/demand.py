"""The sample's demand side: series of every character, items, stock and a calendar."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from flows.sample.catalogue import CATEGORIES, VOLUMES, WAREHOUSES
from flows.sample.sizes import AS_OF, SampleSize
from kernels.arrays import Floats
from storage.tables import ITEMS

NEW_SHARE, DYING_SHARE, LUMPY_SHARE, PROMOTED_SHARE = 0.03, 0.03, 0.04, 0.3
PROMOTION_DAYS = 7
# As far ahead as promotions are planned, and how many of the promoted items have one there.
PLANNED_DAYS, PLANNED_SHARE = 42, 0.4
STOCK_OUT_DAYS = 4
WEEK = np.array([0.95, 0.9, 0.95, 1.05, 1.3, 1.25, 0.6])
HOLIDAYS = {
    (1, 1): ("new year", 0.3),
    (5, 1): ("labour day", 0.6),
    (12, 24): ("christmas eve", 1.6),
    (12, 25): ("christmas", 0.2),
    (12, 26): ("boxing day", 0.5),
    (12, 31): ("new year's eve", 1.3),
    (11, 28): ("autumn sale", 1.8),
}

# Days ahead of the night.
STOCKTAKING, MOVING = 11, (17, 18)


@dataclass(frozen=True)
class DemandSide:
    """The sample's demand inputs, as frames of the input tables."""

    demand: pd.DataFrame
    items: pd.DataFrame
    calendar: pd.DataFrame
    closures: pd.DataFrame
    drivers: pd.DataFrame
    stock: pd.DataFrame
    open_orders: pd.DataFrame
    transfer_lanes: pd.DataFrame


def make_demand_side(size: SampleSize, draws: np.random.Generator) -> DemandSide:
    """Return demand, items, calendar, planned promotions, stock and orders, without dirt.

    Parameters
    ----------
    size : how many warehouses, items and days
    draws : random numbers
    """
    items = _items(size, draws)
    days = pd.date_range(end=AS_OF, periods=size.days, freq="D")
    warehouses = np.array(WAREHOUSES[: size.warehouses], dtype=object)
    level = _levels(items, len(warehouses), draws)
    mean, price, promoted = _expected(items, level, days, draws)
    quantity = _counts(mean, items, draws)
    in_stock = _sell_out(quantity, draws)
    alive = _life(items, len(warehouses), size.days, quantity, draws)
    demand = _as_rows(warehouses, items, days, quantity, in_stock, price, promoted, alive)
    recent = quantity[:, :, -56:].mean(axis=2) * alive[:, :, -56:].any(axis=2)
    stock, open_orders = _stock(warehouses, items, recent, draws)
    public = items[[name for name in ITEMS.column_names if name in items]]
    lanes = _lanes(warehouses)
    # Draws of its own, so that a plan changes nothing of the past.
    plan = _planned(items, days[-1], draws.spawn(1)[0])
    known = _calendar(days), _closures(warehouses, days[-1])
    return DemandSide(demand, public, *known, plan, stock, open_orders, lanes)


def _items(size: SampleSize, draws: np.random.Generator) -> pd.DataFrame:
    rows = []
    for depth in range(max(len(names) for names, *_ in CATEGORIES.values())):
        for category, (names, cost, rare, season) in CATEGORIES.items():
            if depth < len(names):
                rows.append((names[depth], category, cost, rare, season))
    table = pd.DataFrame(
        rows[: size.items], columns=["item_id", "category", "cost", "rare", "season"]
    )
    n = len(table)
    table["unit_cost"] = (table["cost"] * draws.uniform(0.6, 1.6, n)).round(2)
    table["unit_price"] = (table["unit_cost"] * draws.uniform(1.35, 1.9, n)).round(2)
    table["case_pack"] = draws.choice([1.0, 6.0, 12.0, 24.0], n, p=[0.3, 0.3, 0.25, 0.15])
    table.loc[table["category"] == "spare-parts", "case_pack"] = 1.0
    packs = draws.choice([0, 0, 2, 4], n)
    table["minimum_order"] = table["case_pack"] * packs
    table["volume"] = table["category"].map(VOLUMES)
    table["rarely"] = draws.random(n) < table["rare"]
    table["lumpy"] = draws.random(n) < LUMPY_SHARE
    table["trend"] = draws.normal(0.0, 0.12, n)
    table["promoted"] = draws.random(n) < PROMOTED_SHARE
    return table


def _levels(items: pd.DataFrame, n_warehouses: int, draws: np.random.Generator) -> Floats:
    """Mean units a day, (n_warehouses, n_items)."""
    size = draws.lognormal(0.0, 0.45, n_warehouses)
    popularity = np.where(
        items["rarely"],
        draws.uniform(0.05, 0.35, len(items)),
        draws.lognormal(2.2, 0.7, len(items)),
    )
    own = draws.lognormal(0.0, 0.3, (n_warehouses, len(items)))
    return np.asarray(size[:, None] * popularity * own)


def _expected(
    items: pd.DataFrame, level: Floats, days: pd.DatetimeIndex, draws: np.random.Generator
) -> tuple[Floats, Floats, np.ndarray]:
    """Return expected demand (warehouse, item, day), price and promotion (item, day)."""
    angle = 2.0 * np.pi * (days.dayofyear.to_numpy() - 196) / 365.25
    season = np.exp(np.outer(items["season"], np.cos(angle)))
    years = (np.arange(len(days)) - len(days) / 2) / 365.25
    trend = np.exp(np.outer(items["trend"], years))
    event = np.array([HOLIDAYS.get((day.month, day.day), ("", 1.0))[1] for day in days])
    week = WEEK[days.dayofweek]
    promoted = np.zeros((len(items), len(days)), dtype=bool)
    for number in np.flatnonzero(items["promoted"]):
        starts = draws.choice(len(days) - PROMOTION_DAYS, max(len(days) // 75, 1), replace=False)
        for start in starts:
            promoted[number, start : start + PROMOTION_DAYS] = True
    price = np.where(promoted, 0.8, 1.0) * items["unit_price"].to_numpy()[:, None]
    shape = season * trend * (week * event) * np.where(promoted, 1.7, 1.0)
    return level[:, :, None] * shape, price.round(2), promoted


def _counts(mean: Floats, items: pd.DataFrame, draws: np.random.Generator) -> Floats:
    """Negative binomial units; rarely sold items come in orders of several units."""
    spread = np.where(items["lumpy"], 6.0, np.where(items["rarely"], 2.2, 1.5))[None, :, None]
    size = np.maximum(mean / (spread - 1.0), 1e-9)
    return draws.poisson(draws.gamma(size, spread - 1.0)).astype(float)


def _sell_out(quantity: Floats, draws: np.random.Generator) -> np.ndarray:
    """Let stock run out now and then: sales stop part of the way, and the days are flagged."""
    n_warehouses, n_items, n_days = quantity.shape
    in_stock = np.ones(quantity.shape, dtype=bool)
    per_series = draws.poisson(n_days / 365.0 * 0.8, (n_warehouses, n_items))
    for w, i in zip(*np.nonzero(per_series), strict=True):
        for start in draws.integers(0, n_days - STOCK_OUT_DAYS, per_series[w, i]):
            stop = start + int(draws.integers(1, STOCK_OUT_DAYS + 1))
            in_stock[w, i, start:stop] = False
            quantity[w, i, start] = np.floor(quantity[w, i, start] * draws.uniform(0.1, 0.8))
            quantity[w, i, start + 1 : stop] = 0.0
    return in_stock


def _life(
    items: pd.DataFrame,
    n_warehouses: int,
    n_days: int,
    quantity: Floats,
    draws: np.random.Generator,
) -> np.ndarray:
    """Days on which a series is listed: a few are new, a few fade out."""
    alive = np.ones((n_warehouses, len(items), n_days), dtype=bool)
    fate = draws.random((n_warehouses, len(items)))
    for w, i in zip(*np.nonzero(fate < NEW_SHARE), strict=True):
        alive[w, i, : n_days - int(draws.integers(10, 40))] = False
    dying = (fate >= NEW_SHARE) & (fate < NEW_SHARE + DYING_SHARE)
    for w, i in zip(*np.nonzero(dying), strict=True):
        end = n_days - int(draws.integers(10, 90))
        fading = np.linspace(1.0, 0.0, min(180, end))
        part = quantity[w, i, end - len(fading) : end]
        quantity[w, i, end - len(fading) : end] = np.floor(part * fading)
        alive[w, i, end:] = False
    return alive


def _as_rows(
    warehouses: np.ndarray,
    items: pd.DataFrame,
    days: pd.DatetimeIndex,
    quantity: Floats,
    in_stock: np.ndarray,
    price: Floats,
    promoted: np.ndarray,
    alive: np.ndarray,
) -> pd.DataFrame:
    w, i, d = np.nonzero(alive)
    return pd.DataFrame(
        {
            "warehouse_id": pd.Categorical.from_codes(w.tolist(), pd.Index(warehouses)),
            "item_id": pd.Categorical.from_codes(i.tolist(), pd.Index(items["item_id"])),
            "ds": days.to_numpy()[d],
            "quantity": quantity[w, i, d],
            "in_stock": in_stock[w, i, d],
            "price": price[i, d],
            "promotion": promoted[i, d],
        }
    )


def _calendar(days: pd.DatetimeIndex) -> pd.DataFrame:
    ahead = days.append(pd.date_range(days[-1] + pd.Timedelta(days=1), periods=90, freq="D"))
    named = [
        (day, HOLIDAYS[day.month, day.day][0]) for day in ahead if (day.month, day.day) in HOLIDAYS
    ]
    return pd.DataFrame(named, columns=["ds", "event"])


def _closures(warehouses: np.ndarray, last: pd.Timestamp) -> pd.DataFrame:
    """Return the days on which warehouses will be shut: one takes stock, the other moves."""
    shut = [(warehouses[0], (STOCKTAKING,)), (warehouses[-1], MOVING)]
    rows = [(name, last + pd.Timedelta(days=ahead)) for name, days in shut for ahead in days]
    return pd.DataFrame(rows, columns=["warehouse_id", "ds"]).drop_duplicates(ignore_index=True)


def _planned(items: pd.DataFrame, last: pd.Timestamp, draws: np.random.Generator) -> pd.DataFrame:
    """Return the promotions and prices planned ahead, the same in every warehouse."""
    ahead = pd.date_range(last + pd.Timedelta(days=1), periods=PLANNED_DAYS, freq="D")
    promoted = np.zeros((len(items), PLANNED_DAYS), dtype=bool)
    for number in np.flatnonzero(items["promoted"]):
        if draws.random() < PLANNED_SHARE:
            start = int(draws.integers(0, PLANNED_DAYS - PROMOTION_DAYS))
            promoted[number, start : start + PROMOTION_DAYS] = True
    price = np.where(promoted, 0.8, 1.0) * items["unit_price"].to_numpy()[:, None]
    both = {"promotion": promoted.astype(float), "price": price.round(2)}
    parts = [
        pd.DataFrame(
            {
                "warehouse_id": "*",
                "item_id": np.repeat(items["item_id"].to_numpy(dtype=object), PLANNED_DAYS),
                "ds": np.tile(ahead.to_numpy(), len(items)),
                "driver": driver,
                "value": values.reshape(-1),
            }
        )
        for driver, values in both.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _stock(
    warehouses: np.ndarray, items: pd.DataFrame, recent: Floats, draws: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    shape = recent.shape
    lead_time = draws.integers(2, 11, shape).astype(float)
    review = draws.choice([1, 3, 7], shape, p=[0.4, 0.2, 0.4])
    cover = draws.choice([0.3, 0.8, 1.3, 3.5], shape, p=[0.12, 0.33, 0.4, 0.15])
    on_hand = np.floor(recent * (lead_time + review) * cover * draws.uniform(0.6, 1.4, shape))
    w, i = (part.ravel() for part in np.indices(shape))
    cost = items["unit_cost"].to_numpy()[i]
    price = items["unit_price"].to_numpy()[i]
    stock = pd.DataFrame(
        {
            "warehouse_id": warehouses[w],
            "item_id": items["item_id"].to_numpy(dtype=object)[i],
            "on_hand": on_hand.ravel(),
            "lead_time_mean": lead_time.ravel(),
            "lead_time_deviation": draws.choice([0.0, 0.5, 1.5], len(w)),
            "review_period": review.ravel(),
            # A quarter of the cost a year: capital, space and spoilage.
            "holding_cost": (0.25 / 365.0 * cost).round(5),
            "shortage_cost": ((price - cost) * 1.2).round(2),
            "ordering_cost": 4.0,
            "service_target": draws.choice([0.9, 0.95, 0.98], len(w), p=[0.3, 0.5, 0.2]),
        }
    )
    coming = np.flatnonzero(draws.random(len(w)) < 0.25)
    arrival = np.ceil(draws.uniform(0.1, 1.0, len(coming)) * lead_time.ravel()[coming])
    packs = items["case_pack"].to_numpy()[i[coming]]
    units = np.ceil(recent.ravel()[coming] * 5.0 / packs + 0.01) * packs
    open_orders = stock.loc[coming, ["warehouse_id", "item_id"]].assign(
        ds=pd.Timestamp(AS_OF) + pd.to_timedelta(arrival, unit="D"), quantity=units
    )
    return stock, open_orders.reset_index(drop=True)


def _lanes(warehouses: np.ndarray) -> pd.DataFrame:
    """Return a lane each way between neighbours in the catalogue, a night away."""
    pairs = [(a, b) for a, b in pairwise(warehouses)]
    both = [*pairs, *((b, a) for a, b in pairs)]
    lanes = pd.DataFrame(both, columns=["from_warehouse_id", "to_warehouse_id"])
    return lanes.assign(lead_time=1, unit_cost=0.4)
