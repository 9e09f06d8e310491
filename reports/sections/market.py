"""The market: volatility and trend of each instrument."""

from reports.figures import risk as figures
from reports.sections.section import Listing, Picture, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, number, percent


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
            PageColumn("long_run_volatility", "long run", percent),
            PageColumn("trend", "trend, annual", percent),
            PageColumn("trend_standard_error", "±", percent),
            PageColumn("observations", "days of history", count),
        ],
        source="market_outlook",
        most=100,
    )
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
        listings=[Listing("Instruments, the most volatile first", table)],
    )
