"""Verdicts of backtests: what each test says of the figures, portfolio by portfolio."""

import numpy as np
import pandas as pd

from reports.figures.verdicts import rejected_by_test
from reports.sections.section import Listing, Picture, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, number, percent, plural, share, spaced
from storage.tables.backtests import TESTS

TABLE = "risk_backtests"
_ABOUT = {
    "proportion_of_failures": "Kupiec 1995: is the number of exceptions the one expected?",
    "time_to_first_failure": "Kupiec 1995: did the first exception come when it was due?",
    "independence": "Christoffersen 1998: does an exception make one on the next day likelier?",
    "conditional_coverage": "Christoffersen 1998: number and independence at once",
    "traffic_light": "Basel Committee: green, yellow or red by the number of exceptions",
    "dynamic_quantile": "Engle and Manganelli 2004: does anything known on the eve tell the day?",
    "acerbi_szekely_1": "Acerbi and Székely 2014: are exceptions as bad as was said?",
    "acerbi_szekely_2": "Acerbi and Székely 2014: their number and size at once",
}


def verdict_picture(tables: Tables, level: float) -> list[Picture]:
    """Return the picture of rejected figures at a level, or nothing where none was tested."""
    if not has(tables, TABLE) or tables[TABLE]["portfolio_id"].nunique() < 2:
        return []
    return [
        Picture(
            "rejected-by-test",
            "What the tests reject",
            rejected_by_test(_at(tables[TABLE], level)),
            "Each test rejects true figures about one time in twenty; the red light nearly never.",
            wide=True,
            least_width=560,
            gist=_rejected(_at(tables[TABLE], level)),
        )
    ]


def verdict_listings(tables: Tables, level: float) -> list[Listing]:
    """Return the tests with their rates, and the portfolios with their verdicts at a level."""
    if not has(tables, TABLE):
        return []
    return [_by_test(tables[TABLE]), _by_book(_at(tables[TABLE], level), level)]


def _at(results: pd.DataFrame, level: float) -> pd.DataFrame:
    chosen = results[np.isclose(results["level"], level)]
    order = chosen["test"].map({test: place for place, test in enumerate(TESTS)})
    return chosen.assign(order=order).sort_values(["order", "portfolio_id"], kind="stable")


def _by_test(results: pd.DataFrame) -> Listing:
    marked = results.assign(
        **{verdict: results["verdict"] == verdict for verdict in ("rejected", "undefined")}
    )
    rates = (
        marked.groupby(["method", "level", "test"])
        .agg(
            tested=("verdict", "size"), rejected=("rejected", "sum"), undefined=("undefined", "sum")
        )
        .reset_index()
    )
    rates = rates.assign(rate=rates["rejected"] / rates["tested"], about=rates["test"].map(_ABOUT))
    columns = [
        PageColumn("method", "method", spaced),
        PageColumn("level", "level", share),
        PageColumn("test", "test", spaced),
        PageColumn("about", "what it asks", str, "the test's question and its source"),
        PageColumn("tested", "portfolios", count, "portfolios put to the test"),
        PageColumn("rejected", "rejected", count, "portfolios whose figures it rejects"),
        PageColumn("rate", "share", percent, "rejected, of those put to the test"),
        PageColumn("undefined", "undefined", count, "whose days cannot tell: no exception, say"),
    ]
    return Listing(
        "Tests",
        page_table(rates, columns, source=TABLE),
        "At a significance of 5%. Too few exceptions reject as well as too many. Portfolios move "
        "together, so their verdicts do too.",
        _rejected(results),
    )


def _by_book(results: pd.DataFrame, level: float) -> Listing:
    keys = ["portfolio_id", "method"]
    wide = results.pivot(index=keys, columns="test", values="p_value").add_prefix("p_")
    light = results[results["test"] == "traffic_light"].set_index(keys)
    own = light[["n_days", "exceptions", "expected", "zone"]].join(wide).reset_index()
    own = own.sort_values(["exceptions", *keys], ascending=[False, True, True], kind="stable")
    flag = own["zone"] == "red"
    columns = [
        PageColumn("portfolio_id", "portfolio"),
        PageColumn("method", "method", spaced),
        PageColumn("n_days", "days", count, "judged days"),
        PageColumn("exceptions", "exceptions", count, "losses beyond value at risk"),
        PageColumn("expected", "expected", number, "exceptions if the figures are true"),
        PageColumn("zone", "light", str, "the supervisor's traffic light"),
    ]
    columns += [
        PageColumn(f"p_{test}", spaced(test), _p_value, f"p-value. {_ABOUT[test]}")
        for test in TESTS
        if f"p_{test}" in own.columns and test != "traffic_light"
    ]
    return Listing(
        f"Verdicts by portfolio, {share(level)}",
        page_table(own, columns, source=TABLE, flag=flag),
        "P-values; below 0.05 the test rejects. Most exceptions first, red lights marked.",
        _lights(own),
    )


def _rejected(results: pd.DataFrame) -> str:
    rejected = (results["verdict"] == "rejected").sum()
    return (
        f"{count(rejected)} of {count(len(results))} verdicts reject, of "
        f"{plural(results['test'].nunique(), 'test')}"
    )


def _lights(own: pd.DataFrame) -> str:
    zones = own["zone"].value_counts()
    told = [f"{count(zones.get(zone, 0))} {zone}" for zone in ("red", "yellow", "green")]
    return f"lights: {', '.join(told)}"


def _p_value(value: float) -> str:
    return "<0.001" if value < 0.0005 else number(value, 3)
