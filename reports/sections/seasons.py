"""When demand comes: the week and the year that series of a kind share."""

from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from reports.figures import seasons as figures
from reports.sections.section import CLEAR_OF_MOST, Listing, Picture, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import percent, plural

MOST_KINDS = 25
LEVELS = {"category": "categories"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
NOTE = (
    "Demand over its mean, as series of the kind have it in common. Forecasts take it as far as a "
    "series' own history says less."
)
BESIDE = (
    "Demand of a warehouse over what the categories and items that it sells have of the season, "
    "where that is no chance."
)
WAREHOUSE = "warehouse"


class Cycle(NamedTuple):
    """A season, and the names of its places.

    Parameters
    ----------
    name : as it is spoken of: week
    preposition : before a place: on
    order : (n,) sortable, of each row
    places : (n,) text
    """

    name: str
    preposition: str
    order: "pd.Series[int]"
    places: "pd.Series[str]"

    @classmethod
    def of(cls, season: str, ds: pd.Series) -> Self:
        """Return that of the rows of a season, by their dates."""
        dates = pd.DatetimeIndex(ds).unique().sort_values()
        step = dates[1] - dates[0]
        weekdays = ds.dt.dayofweek.map(dict(enumerate(WEEKDAYS)))
        clock = ds.dt.strftime("%H:%M")
        if season == "year":
            days = ds.dt.month * 100 + ds.dt.day
            return cls("year", "around", days, ds.dt.day.astype(str) + ds.dt.strftime(" %b"))
        if (step, len(dates)) == (DAY, 7):
            return cls("week", "on", ds.dt.dayofweek, weekdays)
        if (step, len(dates)) == (HOUR, 24):
            return cls("day", "at", ds.dt.hour, clock)
        if (step, len(dates)) == (HOUR, 7 * 24):
            return cls("week", "on", ds.dt.dayofweek * 24 + ds.dt.hour, weekdays + " " + clock)
        since = (ds - dates[0]) // step
        return cls(f"season of {len(dates)} periods", "on", since, ds.astype(str))


def seasons_section(tables: Tables) -> Section | None:
    """Return the section on seasons, or None where series share none that is known."""
    if not has(tables, "seasonal_profiles"):
        return None
    profiles = tables["seasonal_profiles"]
    lead, extremes = [], []
    pictures: list[Picture] = []
    for season in ("season", "year"):
        rows = profiles[profiles["season"] == season]
        if len(rows):
            cycle = Cycle.of(season, rows["ds"])
            told = rows.assign(place=cycle.places, order=cycle.order, cycle=cycle.name)
            extremes.append(_extremes(told))
            lead.append(_sentence(extremes[-1], cycle))
            pictures += _pictures(told, extremes[-1], cycle, folded=bool(pictures))
    return Section(
        "seasons",
        "Seasons",
        lead,
        pictures=pictures,
        listings=[_listing(pd.concat(extremes, ignore_index=True))],
    )


def _extremes(told: pd.DataFrame) -> pd.DataFrame:
    """Return the highest and the lowest place of each kind; those that swing most come first."""
    kinds = told.groupby(["level", "name"], sort=True)
    highest = told.loc[kinds["multiple"].idxmax()].reset_index(drop=True)
    lowest = told.loc[kinds["multiple"].idxmin()].reset_index(drop=True)
    found = highest[["cycle", "level", "name", "standard_error"]].assign(
        high=highest["multiple"] - 1.0,
        high_place=highest["place"],
        low=lowest["multiple"] - 1.0,
        low_place=lowest["place"],
    )
    found["swing"] = found["high"] - found["low"]
    farthest = np.maximum(found["high"], -found["low"])
    found["clear"] = farthest > CLEAR_OF_MOST * found["standard_error"]
    return found.sort_values(["level", "swing"], ascending=[True, False], ignore_index=True)


def _kinds(extremes: pd.DataFrame) -> pd.DataFrame:
    """Return categories, or items where there are none."""
    kinds: pd.DataFrame = extremes[extremes["level"] == extremes["level"].iloc[0]]
    return kinds


def _sentence(extremes: pd.DataFrame, cycle: Cycle) -> str:
    known = _kinds(extremes)
    level = str(known["level"].iloc[0])
    clear = known[known["clear"]]
    kinds = plural(len(known), level, LEVELS.get(level))
    if clear.empty:
        return f"Over the {cycle.name} demand moves no more than chance would, in {kinds}."
    most = clear.iloc[0]
    which = "" if len(known) == 1 else f" most of {kinds}"
    return (
        f"Over the {cycle.name} {most['name']} swings{which}: {percent(most['high'], 0)} above "
        f"its mean {cycle.preposition} {most['high_place']}, {percent(-most['low'], 0)} below it "
        f"{cycle.preposition} {most['low_place']} (\u00b1 {percent(most['standard_error'])}, "
        "one standard error)."
    )


def _pictures(
    told: pd.DataFrame, extremes: pd.DataFrame, cycle: Cycle, *, folded: bool
) -> list[Picture]:
    """Return the pictures of a season; beside the first of all, they are folded."""
    name = cycle.name.split()[0]
    kinds = _kinds(extremes)
    gist = _widest(kinds, cycle) if folded else ""
    found = [_picture(f"shared-{name}", f"The {cycle.name}", told, kinds, NOTE, gist)]
    own = extremes[(extremes["level"] == WAREHOUSE) & extremes["clear"]]
    if len(own):
        title = f"The {cycle.name} by warehouse"
        found.append(_picture(f"warehouse-{name}", title, told, own, BESIDE, _widest(own, cycle)))
    return found


def _widest(kinds: pd.DataFrame, cycle: Cycle) -> str:
    most = kinds.loc[kinds["swing"].idxmax()]
    return (
        f"{most['name']} swings most: {percent(most['high'], 0)} above its mean "
        f"{cycle.preposition} {most['high_place']}, {percent(-most['low'], 0)} below it "
        f"{cycle.preposition} {most['low_place']}"
    )


def _picture(
    name: str, title: str, told: pd.DataFrame, kinds: pd.DataFrame, note: str, gist: str
) -> Picture:
    """Return the picture of kinds of one level, those that swing most from the top."""
    shown = kinds["name"].head(MOST_KINDS)
    rows = told[(told["level"] == kinds["level"].iloc[0]) & told["name"].isin(shown)]
    places = rows.drop_duplicates("place").sort_values("order")["place"]
    table = rows.pivot_table(index="name", columns="place", values="multiple") - 1.0
    return Picture(
        name,
        title,
        figures.season_by_kind(table.loc[shown, places]),
        note if len(shown) == len(kinds) else f"{note} The {MOST_KINDS} that swing most.",
        wide=True,
        least_width=720,
        gist=gist,
    )


def _listing(extremes: pd.DataFrame) -> Listing:
    table = page_table(
        extremes,
        [
            PageColumn("cycle", "season", hint="year, or the season within it"),
            PageColumn("level", "of"),
            PageColumn("name", "name"),
            PageColumn("high", "highest", percent, "most above the mean of the season"),
            PageColumn("high_place", "where"),
            PageColumn("low", "lowest", percent, "most below the mean of the season"),
            PageColumn("low_place", "where"),
            PageColumn("standard_error", "standard error", percent),
        ],
        source="seasonal_profiles",
        most=200,
    )
    note = (
        "Items sold in three places or more have a season of their own beside their category's. "
        "Of warehouses it is what they have over that of what they sell."
    )
    levels = extremes.drop_duplicates(["level", "name"])["level"].value_counts()
    gist = ", ".join(plural(n, str(level), LEVELS.get(str(level))) for level, n in levels.items())
    return Listing("Highest and lowest by kind", table, note, gist)
