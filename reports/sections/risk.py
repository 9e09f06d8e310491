"""Risk: value at risk, expected shortfall, limits, contributions, stress."""

from typing import Any

import numpy as np
import pandas as pd

from reports.figures import risk as figures
from reports.figures.theme import methods_in
from reports.figures.theme import names as axis_of
from reports.sections.headlines import risk_headlines, risk_of
from reports.sections.risk_changes import (
    change_of_each,
    error_of_change,
    largest_part,
    night_of,
    signed,
)
from reports.sections.section import (
    NO_TABLES,
    Card,
    Explorer,
    Listing,
    Picture,
    Section,
    Tables,
    has,
)
from reports.tables import PageColumn, page_table
from reports.wording import (
    NOTHING,
    amount,
    count,
    currencies,
    inert,
    money,
    number,
    percent,
    plural,
    share,
    spaced,
    total_money,
)

MOST_CONTRIBUTORS = 12
# Portfolios over a limit that the first sentence names.
MOST_NAMED = 6


def risk_section(tables: Tables, before: Tables = NO_TABLES) -> Section | None:
    """Return the risk section, or None where no book was measured; ``before``, the last night's."""
    if not has(tables, "portfolio_risk"):
        return None
    risk = tables["portfolio_risk"]
    level, horizon = float(risk["level"].min()), int(risk["horizon"].min())
    shortfall = risk_of(risk, "expected_shortfall", level)
    main = shortfall[shortfall["method"] == methods_in(set(shortfall["method"]))[0]]
    return Section(
        "risk",
        "Portfolio risk",
        _lead(tables, main),
        cards=[
            *risk_headlines(tables, before),
            Card(
                total_money(main, "market_value"),
                f"market value of {plural(risk['portfolio_id'].nunique(), 'portfolio')}",
            ),
        ],
        pictures=_pictures(tables, level, horizon),
        explorer=_explorer(tables, main),
        listings=_listings(tables, before, level, horizon),
        method=[
            "losses are positive, and every figure carries the standard error of its own sample",
            f"Expected shortfall {share(level)} is the mean loss in the worst scenarios.",
            "Options and bonds are revalued in full in every scenario.",
        ],
        tables_first=True,
    )


def _lead(tables: Tables, main: pd.DataFrame) -> list[str]:
    """Return who is over a limit, and whose expected shortfall is largest, and of what."""
    told = []
    if has(tables, "limit_breaches"):
        breaches = tables["limit_breaches"].sort_values("utilisation", ascending=False)
        books = [str(book) for book in breaches["portfolio_id"].unique()]
        rest = f" and {count(len(books) - MOST_NAMED)} more" if len(books) > MOST_NAMED else ""
        told.append(f"Over a limit, the furthest first: {', '.join(books[:MOST_NAMED])}{rest}.")
    elif has(tables, "limit_utilisation"):
        told.append("No portfolio is over a limit.")
    first = main.sort_values("value", ascending=False).iloc[0]
    parts = largest_part(_parts_of(tables, main))
    told.append(
        f"Expected shortfall is largest in {first['portfolio_id']}, "
        f"{money(first['value'], str(first['currency']))}; its largest part is "
        f"{parts.get(first['portfolio_id'], NOTHING)}."
    )
    return told


def _parts_of(tables: Tables, main: pd.DataFrame) -> pd.DataFrame:
    """Return what makes up the figures of ``main``, which are of one kind."""
    kind, parts = main.iloc[0], tables["risk_contributions"]
    own: pd.DataFrame = parts[
        (parts["measure"] == kind["measure"])
        & np.isclose(parts["level"], kind["level"])
        & (parts["horizon"] == kind["horizon"])
        & (parts["method"] == kind["method"])
    ]
    return own


def _pictures(tables: Tables, level: float, horizon: int) -> list[Picture]:
    pictures = []
    if has(tables, "limit_utilisation"):
        pictures.append(
            Picture(
                "limits",
                "Limits",
                figures.limit_use(tables["limit_utilisation"]),
                "Each portfolio's most used limit, by the method that uses it most; beyond the "
                "dotted line it is exceeded, and the darker blue is above 80% of it.",
            )
        )
    if has(tables, "stress_losses", "risk_contributions"):
        pictures.append(
            Picture(
                "stress",
                "Stress",
                figures.stress_map(tables["stress_losses"], _gross(tables)),
                "Loss as a share of the gross value of the positions, of futures and forwards of "
                "their notional; orange loses, blue gains.",
                least_width=440,
            )
        )
    if len(tables["portfolio_risk"]["method"].unique()) > 1:
        pictures.append(
            Picture(
                "methods",
                "Methods compared",
                figures.methods_compared(tables["portfolio_risk"], level, horizon),
                f"Expected shortfall {share(level)}, {horizon} day, relative to the methods' mean; "
                "the riskiest portfolios first.",
                wide=True,
                gist=_apart(risk_of(tables["portfolio_risk"], "expected_shortfall", level)),
            )
        )
    return pictures


def _apart(figures: pd.DataFrame) -> str:
    """Return which method says most in sum, and which least."""
    sums = figures.groupby("method")["value"].sum().sort_values()
    least, most = spaced(sums.index[0]), spaced(sums.index[-1])
    if sums.iloc[0] <= 0.0:
        return f"{most} says most, {least} least"
    return f"{most} says most, {percent(sums.iloc[-1] / sums.iloc[0] - 1.0, 0)} above {least}"


def _gross(tables: Tables) -> pd.Series:
    if has(tables, "portfolio_profiles"):
        return tables["portfolio_profiles"].set_index("portfolio_id")["gross_exposure"]
    positions = tables["risk_contributions"].drop_duplicates(["portfolio_id", "instrument_id"])
    return positions["market_value"].abs().groupby(positions["portfolio_id"]).sum()


def _explorer(tables: Tables, main: pd.DataFrame) -> Explorer:
    kind, quantiles = main.iloc[0], tables["loss_quantiles"]
    quantiles = quantiles[quantiles["horizon"] == kind["horizon"]]
    losses = dict(iter(quantiles.groupby("portfolio_id")))
    components = dict(iter(_parts_of(tables, main).groupby("portfolio_id")))
    data = {str(book): _book(losses[book], components[book]) for book in sorted(losses, key=str)}
    note = (
        f"The distribution of the {kind['horizon']}-day loss by method, and the positions that "
        f"make up expected shortfall {share(kind['level'])} ({spaced(kind['method'])}); "
        "components add up to it, "
        "and a negative one hedges."
    )
    gist = f"what drives each of {plural(len(data), 'portfolio')}: its losses and its positions"
    return Explorer("books", "One portfolio at a time", note, list(data), data, gist)


def _book(losses: pd.DataFrame, parts: pd.DataFrame) -> dict[str, Any]:
    order = parts["value"].abs().sort_values(ascending=False).index
    top = parts.loc[order].head(MOST_CONTRIBUTORS)
    rest = float(parts["value"].sum() - top["value"].sum())
    names = [str(name) for name in top["instrument_id"]]
    values = [round(float(value), 2) for value in top["value"]]
    if len(parts) > len(top):
        names.append(f"{len(parts) - len(top)} others")
        values.append(round(rest, 2))
    # The largest is drawn last, which is at the top.
    names.reverse()
    return {
        "losses": {
            str(method): {
                "probability": group["probability"].tolist(),
                "loss": [round(float(value), 2) for value in group["loss"]],
            }
            for method, group in losses.groupby("method")
        },
        "parts": {
            "names": [inert(name) for name in names],
            "values": values[::-1],
            "axis": axis_of(names),
        },
        "currency": str(parts["currency"].iloc[0]),
    }


def _listings(tables: Tables, before: Tables, level: float, horizon: int) -> list[Listing]:
    listings = []
    if has(tables, "limit_breaches"):
        breaches = tables["limit_breaches"].sort_values("utilisation", ascending=False)
        columns = [
            PageColumn("portfolio_id", "portfolio"),
            PageColumn("measure", "measure", spaced),
            PageColumn("level", "level", share),
            PageColumn("horizon", "days", count),
            PageColumn("method", "method", spaced),
            PageColumn("limit", "limit", money),
            PageColumn("value", "value", money),
            PageColumn("standard_error", "±", money),
            PageColumn("utilisation", "used", percent),
        ]
        table = page_table(
            breaches, columns, source="limit_breaches", flag=breaches["utilisation"] > 0
        )
        listings.append(Listing(f"Limits exceeded, {currencies(breaches)}", table))
    risk = tables["portfolio_risk"]
    highest = float(risk["level"].max())
    listings.append(_portfolios(tables, before, "expected_shortfall", level, horizon))
    listings.append(_portfolios(tables, before, "value_at_risk", highest, horizon, folded=True))
    if has(tables, "stress_losses"):
        listings.append(_stress(tables["stress_losses"]))
    if has(tables, "scenario_sets"):
        listings.append(_scenario_sets(tables["scenario_sets"]))
    if has(tables, "portfolio_profiles"):
        listings.append(_profiles(tables["portfolio_profiles"]))
    if has(tables, "sensitivities"):
        listings.append(_sensitivities(tables["sensitivities"]))
    return listings


def _portfolios(
    tables: Tables,
    before: Tables,
    measure: str,
    level: float,
    horizon: int,
    *,
    folded: bool = False,
) -> Listing:
    risk = tables["portfolio_risk"]
    chosen = risk_of(risk, measure, level)
    wide = chosen.pivot(index="portfolio_id", columns="method", values=["value", "standard_error"])
    flat = wide.copy()
    flat.columns = pd.Index([" ".join(map(str, column)) for column in wide.columns])
    flat.insert(0, "market_value", chosen.groupby("portfolio_id")["market_value"].first())
    methods = methods_in(set(chosen["method"]))
    main = chosen[chosen["method"] == methods[0]].set_index("portfolio_id", drop=False)
    flat["change"] = change_of_each(main, before)
    flat["change_error"] = error_of_change(main, before)
    flat["part"] = largest_part(_parts_of(tables, main))
    flat["part"] = flat["part"].fillna(NOTHING)
    flat = flat.sort_values(f"value {methods[0]}", ascending=False).reset_index()
    columns = [
        PageColumn("portfolio_id", "portfolio"),
        PageColumn("market_value", "market value", money),
    ]
    for method in methods:
        columns.append(PageColumn(f"value {method}", spaced(method), money))
        columns.append(PageColumn(f"standard_error {method}", "±", money))
    note = "By method, with the standard error of each."
    if flat["change"].notna().any():
        since = f"since {night_of(before)}"
        hint = f"change by {spaced(methods[0])}, of positions, market and draws together"
        columns.append(PageColumn("change", since, signed, hint))
        if flat["change_error"].notna().any():
            hint = "the most that the change's standard error can be"
            columns.append(PageColumn("change_error", "± at most", percent, hint))
            note += (
                " That of a change is at most both nights' errors, added up, and the less the more "
                "days and draws they share."
            )
    if (flat["part"] != NOTHING).any():
        hint = f"the position with the largest component, and its share, by {spaced(methods[0])}"
        columns.append(PageColumn("part", "largest part", str, hint))
    table = page_table(flat, columns, source="portfolio_risk", most=200)
    title = f"{spaced(measure).capitalize()} {share(level)}, {horizon} day, {currencies(risk)}"
    gist = ""
    if folded:
        first = flat.iloc[0]
        gist = (
            f"largest {first['portfolio_id']}, {money(first[f'value {methods[0]}'])} "
            f"({spaced(methods[0])})"
        )
    return Listing(title, table, note, gist)


def _stress(losses: pd.DataFrame) -> Listing:
    columns = [
        PageColumn("portfolio_id", "portfolio"),
        PageColumn("scenario_id", "scenario"),
        PageColumn("loss", "loss", money),
        PageColumn("market_value", "market value", money),
    ]
    ordered = losses.sort_values("loss", ascending=False)
    table = page_table(ordered, columns, source="stress_losses")
    title = f"Largest stress losses, {currencies(losses)}"
    worst = ordered.iloc[0]
    gist = (
        f"{worst['portfolio_id']} loses most, {money(worst['loss'])} under {worst['scenario_id']}"
    )
    return Listing(title, table, "Of today's positions; below zero is a gain.", gist)


def _scenario_sets(sets: pd.DataFrame) -> Listing:
    columns = [
        PageColumn("method", "method", spaced),
        PageColumn("horizon", "days", count),
        PageColumn("scenarios", "scenarios", count),
        PageColumn("target_error", "error asked for", percent),
        PageColumn("largest_error", "largest error", percent),
        PageColumn("portfolio_id", "whose"),
    ]
    if sets["repair_distance"].gt(0).any():
        columns.append(PageColumn("repair_distance", "correlations moved by", number))
    missed = sets["largest_error"] > sets["target_error"]
    table = page_table(sets, columns, source="scenario_sets", flag=missed)
    note = (
        "The largest relative standard error of any portfolio's value at risk or expected "
        "shortfall; marked where it is above what was asked for."
    )
    gist = (
        f"{count(sets['scenarios'].min())} to {count(sets['scenarios'].max())} scenarios; largest "
        f"error {percent(sets['largest_error'].max())}"
    )
    return Listing("Scenarios and their error", table, note, gist)


def _profiles(profiles: pd.DataFrame) -> Listing:
    columns = [
        PageColumn("portfolio_id", "portfolio"),
        PageColumn("positions", "positions", count),
        PageColumn("gross_value", "gross value", money),
        PageColumn("volatility", "volatility a year", money),
        PageColumn("volatility_standard_error", "±", money),
        PageColumn("diversification_ratio", "diversification", number),
        PageColumn("beta", "beta", number, "of gross value, of futures and forwards of notional"),
        PageColumn("beta_standard_error", "±", number),
        PageColumn("explained", "market's share", percent),
        PageColumn("tail_dependence", "worst days shared", percent),
        PageColumn("max_drawdown", "max drawdown", money),
        PageColumn("conditional_drawdown", "worst 5% drawdown", money),
        PageColumn("longest_drawdown", "longest, days", count),
        PageColumn("liquidity_horizon_shortfall", "ES 97.5%, liquidity horizons", money),
        PageColumn("liquidity_horizon_shortfall_standard_error", "±", money),
    ]
    ordered = profiles.sort_values("volatility", ascending=False)
    table = page_table(ordered, columns, source="portfolio_profiles", most=200)
    days = count(profiles["days"].max())
    note = (
        f"Today's positions on the {days} days of the window. Diversification: volatilities of the "
        "positions, added up, over the portfolio's. Market's share: of the portfolio's variance. "
        "Worst days shared: of its worst 5% of days, how many are the other portfolios' too; 5% if "
        "they had nothing in common."
    )
    first = ordered.iloc[0]
    gist = (
        f"volatility, beta, drawdowns; {first['portfolio_id']} moves most, "
        f"{money(first['volatility'])} a year"
    )
    return Listing(f"Profiles, {currencies(profiles)}", table, note, gist)


def _sensitivities(sensitivities: pd.DataFrame) -> Listing:
    books = sensitivities[sensitivities["instrument_id"] == "*"]
    totals = books.pivot_table(
        index="portfolio_id", columns="sensitivity", values="value", aggfunc="sum"
    )
    deltas = books[books["sensitivity"] == "delta"]
    largest = deltas.loc[deltas["value"].abs().groupby(deltas["portfolio_id"]).idxmax()]
    named = largest.set_index("portfolio_id")["factor"].rename("largest")
    known = [name for name in ("delta", "gamma", "vega", "theta", "rho", "dv01") if name in totals]
    # Units differ, so none is added to another: by the first that a portfolio has.
    rows = totals.join(named).fillna({"largest": NOTHING})
    rows = rows.sort_values(known, key=lambda own: own.abs(), ascending=False)
    units = books.drop_duplicates("sensitivity").set_index("sensitivity")["unit"]
    columns = [
        PageColumn("portfolio_id", "portfolio"),
        *(PageColumn(name, name, amount, f"{units[name]}, all factors added") for name in known),
        PageColumn("largest", "largest delta", str, "the price that moves it most"),
    ]
    table = page_table(rows.reset_index(), columns, source="sensitivities", most=200)
    note = "A gain is positive. " + "; ".join(f"{name}: {units[name]}" for name in known) + "."
    gist = f"{', '.join(known)} of {plural(len(rows), 'portfolio')}"
    return Listing(f"Sensitivities, {currencies(books)}", table, note, gist)
