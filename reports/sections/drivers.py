"""What moves demand: the effects of promotions, prices and events, in words and figures."""

import pandas as pd

from reports.figures import drivers as figures
from reports.sections.section import CLEAR, Card, Listing, Picture, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, percent, plural

MOST_SENTENCES = 4
DECIDED = ("promotion", "price")


def drivers_section(tables: Tables) -> Section | None:
    """Return the section on drivers, or None where the night learnt of none."""
    if not has(tables, "driver_effects"):
        return None
    effects = tables["driver_effects"]
    return Section(
        "drivers",
        "What moves demand",
        _lead(effects),
        cards=_cards(effects),
        pictures=[
            Picture(
                "driver-effects",
                "What drivers do",
                figures.effects_by_driver(effects),
                "Change of demand over all series, with two standard errors on both sides. Of what "
                "was seen a few times only, they allow for how far any period strays.",
                wide=True,
                least_width=520,
            )
        ],
        listings=[_listing(effects)],
    )


def _clear(effects: pd.DataFrame) -> pd.DataFrame:
    """Return what is no chance, by how far it is from none."""
    found = effects.dropna(subset="standard_error")
    found = found[found["standard_error"] > 0.0]
    distance = found["effect"].abs() / found["standard_error"]
    return found[distance > CLEAR].assign(distance=distance[distance > CLEAR])


def _lead(effects: pd.DataFrame) -> list[str]:
    clear = _clear(effects[effects["category"] == ""])
    if clear.empty:
        return ["No driver moves demand by more than chance would, over all series together."]
    # What planners decide on comes first, then what the calendar does to them.
    decided = clear["driver"].isin(DECIDED)
    ranked = clear.assign(decided=decided).sort_values(["decided", "distance"], ascending=False)
    largest = ranked.head(MOST_SENTENCES)
    own = _clear(effects[effects["category"] != ""])
    return [_sentence(row, own) for _, row in largest.iterrows()]


def _sentence(row: pd.Series, own: pd.DataFrame) -> str:
    """Say what a driver does over all, and where it does more than that by no chance."""
    effect, error = float(row["effect"]), float(row["standard_error"])
    verb = "lifts" if effect > 0.0 else "lowers"
    said = (
        f"{_subject(row)} {verb} demand by {percent(abs(effect), 0)} "
        f"(\u00b1 {percent(error, 0)}, one standard error)"
    )
    same = own[(own["driver"] == row["driver"]) & ((own["effect"] > 0.0) == (effect > 0.0))]
    apart = (same["effect"] - effect) * (1.0 if effect > 0.0 else -1.0)
    same = same[apart > CLEAR * same["standard_error"]]
    if len(same):
        most = same.loc[same["effect"].abs().idxmax()]
        said += (
            f"; most of all {most['category']}, by {percent(abs(most['effect']), 0)} "
            f"\u00b1 {percent(most['standard_error'], 0)}"
        )
    return f"{said}."


def _subject(row: pd.Series) -> str:
    driver, change = str(row["driver"]), str(row["change"])
    subjects = {"promotion": "A promotion", "price": f"A price {change}"}
    return subjects.get(driver, f"{driver[:1].upper()}{driver[1:]} ({change})")


def _cards(effects: pd.DataFrame) -> list[Card]:
    everything = effects[effects["category"] == ""]
    series = int(everything["series"].max()) if len(everything) else 0
    clear = len(_clear(everything))
    return [
        Card(count(len(everything)), "drivers looked at"),
        Card(count(clear), "of them beyond chance, over all series"),
        Card(count(series), "series learnt from"),
    ]


def _listing(effects: pd.DataFrame) -> Listing:
    named = effects.assign(category=effects["category"].replace("", "all together"))
    table = page_table(
        named.sort_values(["driver", "category"]),
        [
            PageColumn("driver", "driver"),
            PageColumn("category", "category"),
            PageColumn("change", "change"),
            PageColumn("effect", "effect on demand", percent),
            PageColumn("standard_error", "standard error", percent),
            PageColumn("occasions", "occasions", count),
            PageColumn("series", "series", count),
        ],
        source="driver_effects",
        most=200,
    )
    note = (
        "A category's effects are held together by those over all: where it says little, it "
        "takes theirs. Drivers that move together cannot be told apart."
    )
    clear = len(_clear(effects[effects["category"] != ""]))
    own = effects.loc[effects["category"] != "", "category"].nunique()
    gist = (
        f"{plural(effects['driver'].nunique(), 'driver')} in "
        f"{plural(own, 'category', 'categories')}; {plural(clear, 'effect')} beyond chance"
    )
    return Listing("Effects by category", table, note, gist)
