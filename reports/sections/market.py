"""The market: volatility and trend of each instrument."""

import pandas as pd

from reports.figures import risk as figures
from reports.sections.section import Listing, Picture, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, number, percent, plural


def market_section(tables: Tables) -> Section | None:
    """Return the market section, or None where there were no prices."""
    if not has(tables, "market_outlook"):
        return None
    outlook = tables["market_outlook"]
    calm = (outlook["volatility"] <= outlook["long_run_volatility"]).mean()
    table = page_table(
        outlook.sort_values("volatility", ascending=False),
        [
            PageColumn("instrument_id", "instrument"),
            PageColumn("kind", "kind"),
            PageColumn("close", "last price", number),
            PageColumn("volatility", "volatility now, annual", percent),
            PageColumn("volatility_standard_error", "±", percent),
            PageColumn("long_run_volatility", "long run", percent),
            PageColumn("long_run_volatility_standard_error", "±", percent),
            PageColumn("trend", "trend, annual", percent),
            PageColumn("trend_standard_error", "±", percent),
            PageColumn("observations", "days of history", count),
        ],
        source="market_outlook",
        most=100,
    )
    listings = [Listing("Instruments, the most volatile first", table)]
    if has(tables, "volatility_outlook"):
        listings += _ahead(tables["volatility_outlook"])
    return Section(
        "market",
        "Market",
        [
            (
                f"{percent(calm, 0)} of instruments are calmer than over their whole history. A "
                "trend is a mean of past returns; most are within two standard errors of zero."
            )
        ],
        pictures=[
            Picture(
                "volatility",
                "Volatility now against the long run",
                figures.volatility_and_trend(outlook),
                "Above the dotted line an instrument is more volatile than usual.",
                wide=True,
            )
        ],
        listings=listings,
    )


def _ahead(outlook: pd.DataFrame) -> list[Listing]:
    """Return each instrument's volatility and chance of a fall, horizon by horizon, if any has."""
    fitted = outlook[outlook["volatility"].notna()]
    if fitted.empty:
        return []
    horizons = sorted(fitted["horizon"].unique())
    wide = fitted.pivot(
        index="instrument_id", columns="horizon", values=["volatility", "probability_of_fall"]
    )
    wide.columns = pd.Index([" ".join(map(str, column)) for column in wide.columns])
    columns = [PageColumn("instrument_id", "instrument")]
    columns += [
        PageColumn(f"volatility {horizon}", f"{_days(horizon)}", percent, "annual volatility")
        for horizon in horizons
    ]
    columns += [
        PageColumn(
            f"probability_of_fall {horizon}",
            f"chance of a fall, {_days(horizon)}",
            percent,
            "that the price is lower then",
        )
        for horizon in (horizons[0], horizons[-1])
    ]
    ordered = wide.sort_values(f"volatility {horizons[0]}", ascending=False).reset_index()
    table = page_table(ordered, columns, source="volatility_outlook", most=100)
    missing = outlook.loc[outlook["volatility"].isna(), "instrument_id"].nunique()
    note = (
        "Annual volatility over so many trading days ahead, from a law fitted to each "
        "instrument's own returns: it goes back to its long run. A fall is told from that and from "
        "the drift that the theta model, or the mean of the returns, sees in the prices."
    )
    if missing:
        verb = "is" if missing == 1 else "are"
        note += f" {plural(missing, 'instrument')} without a fit {verb} left out."
    first = ordered.iloc[0]
    gist = (
        f"{first['instrument_id']} most over the next {_days(horizons[0]).removeprefix('1 ')}, "
        f"{percent(first[f'volatility {horizons[0]}'])} a year"
    )
    return [Listing("Volatility ahead", table, note, gist)]


def _days(horizon: int) -> str:
    return f"{horizon} day" if horizon == 1 else f"{horizon} days"
