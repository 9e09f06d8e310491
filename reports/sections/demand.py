"""Demand: what is expected, and how good forecasts have been."""

from typing import Any

import pandas as pd

from reports.figures import demand as figures
from reports.sections.aggregates import SUMMED_BANDS, aggregate_pictures
from reports.sections.closed import closed_lead, closed_listings
from reports.sections.evaluation import BAND, evaluation_listings, evaluation_pictures
from reports.sections.new_items import new_item_listings
from reports.sections.section import (
    FEW,
    SERIES,
    SERIES_COLUMNS,
    Card,
    Explorer,
    Listing,
    Picture,
    Section,
    Tables,
    has,
    largest,
)
from reports.tables import PageColumn, page_table
from reports.wording import count, money, number, percent, plural

MOST_SERIES = 80
# Beyond it, units have more digits than a card on a telephone.
MOST_IN_FULL = 1e7
BASELINES = ("SeasonalNaive", "HistoricAverage", "WindowAverage")
BANDS = ("q05", "q10", "q25", "q50", "q75", "q90", "q95")


def demand_section(tables: Tables) -> Section | None:
    """Return the demand section, or None where nothing was forecast."""
    if not has(tables, "demand_forecasts", "champions"):
        return None
    champions, accuracy = tables["champions"], tables["forecast_accuracy"]
    scored = champions.merge(
        accuracy.drop(columns=["run_id", "as_of", "demand_class"]), on=[*SERIES, "model"]
    )
    return Section(
        "demand",
        "Demand",
        [*_lead(tables), *closed_lead(tables)],
        cards=_cards(tables, scored),
        pictures=[
            *_pictures(tables, scored),
            *evaluation_pictures(tables),
            *aggregate_pictures(tables),
        ],
        explorer=_explorer(tables, scored),
        listings=[
            *evaluation_listings(tables, scored),
            *_listings(accuracy, scored),
            *new_item_listings(tables),
            *closed_listings(tables),
            *_coverage(tables),
        ],
        method=_method(champions, scored),
    )


def _lead(tables: Tables) -> list[str]:
    """Return what is expected beside as many periods before, and where it moves most."""
    actuals, forecasts = tables["demand_actuals"], tables["demand_forecasts"]
    periods = forecasts["ds"].nunique()
    known = actuals["ds"].drop_duplicates().nlargest(periods)
    if len(known) < periods:
        return []
    recent = actuals[actuals["ds"].isin(known)]
    before = recent.groupby("warehouse_id")["quantity"].sum()
    ahead = forecasts.groupby("warehouse_id")["mean"].sum()
    if not before.sum() > 0.0:
        return []
    change = ahead.sum() / before.sum() - 1.0
    told = (
        f"Over the next {periods} periods {_moved(change)} is expected than was sold over the "
        f"last {periods}"
    )
    moves = (ahead / before[before > 0.0] - 1.0).dropna().sort_values()
    if len(moves) < 2:
        return [f"{told}."]
    least, most = moves.index[0], moves.index[-1]
    return [f"{told}: from {_moved(moves[least])} in {least} to {_moved(moves[most])} in {most}."]


def _moved(change: float) -> str:
    return f"{percent(abs(change))} {'more' if change >= 0.0 else 'less'}"


def _method(champions: pd.DataFrame, scored: pd.DataFrame) -> list[str]:
    new = champions[~champions["reason"].str.startswith("backtest")]
    return [
        (
            f"{count(len(scored))} series by models chosen in backtests, {count(len(new))} by a "
            "profile or zero"
        ),
        (
            "Each series takes the models that did best in its own rolling-origin backtest, "
            "weighed together or alone; those of too little history or without demand take their "
            "category's profile or zero."
        ),
    ]


def _cards(tables: Tables, scored: pd.DataFrame) -> list[Card]:
    forecasts = tables["demand_forecasts"]
    periods = forecasts["ds"].nunique()
    units = forecasts["mean"].sum()
    told = money(units) if units >= MOST_IN_FULL else count(units)
    cards = [Card(told, f"units expected in {periods} periods")]
    if len(scored):
        cards.append(
            Card(number(scored["mase"].dropna().median()), "median MASE (1 is seasonal naive)")
        )
        covered = scored["demand_class"].map(_covered(tables, scored)).mean()
        cards.append(Card(percent(covered), "of held-out actuals within the 80% band"))
    return cards


def _covered(tables: Tables, scored: pd.DataFrame) -> "pd.Series[float]":
    """Return how much of each class's held-out demand the 80% band held, as it is published."""
    own: pd.Series[float] = scored.groupby("demand_class")["coverage_80"].mean()
    if not has(tables, "forecast_coverage"):
        return own
    told = tables["forecast_coverage"]
    told = told[told["nominal"] == BAND]
    return told.groupby("demand_class")["after"].mean().reindex(own.index).fillna(own)


def _rare(tables: Tables) -> str:
    """Say why a band of whole units, which is not calibrated, holds more than its share."""
    if has(tables, "forecast_coverage"):
        return ""
    return " Counts near zero cannot be hit exactly, so rare demand is covered more often."


def _total(tables: Tables) -> Picture:
    actuals, forecasts = tables["demand_actuals"], tables["demand_forecasts"]
    above = tables["aggregate_forecasts"] if has(tables, "aggregate_forecasts") else None
    total = None if above is None else above[above["level"] == "total"]
    if total is None or total.empty:
        drawn = figures.total_demand(actuals, forecasts)
        note = (
            "Quantiles of series do not add up: the inner band holds if series err independently, "
            "the outer one if all err together. The truth lies between."
        )
    else:
        drawn = figures.total_demand(actuals, forecasts, total)
        note = f"{SUMMED_BANDS} All levels are in aggregate_forecasts."
    return Picture("total-demand", "Total demand", drawn, note, wide=True)


def _pictures(tables: Tables, scored: pd.DataFrame) -> list[Picture]:
    forecasts, actuals = tables["demand_forecasts"], tables["demand_actuals"]
    champions, accuracy = tables["champions"], tables["forecast_accuracy"]
    warehouses = forecasts["warehouse_id"].nunique()
    pictures = [_total(tables)]
    if warehouses > 1:
        shown = min(warehouses, figures.MOST_WAREHOUSES)
        pictures.append(
            Picture(
                "warehouse-demand",
                "By warehouse",
                figures.demand_by_warehouse(actuals, forecasts),
                f"The forecast against as many periods before it{largest(shown, warehouses)}.",
                gist=_most_expected(forecasts),
            )
        )
    if len(champions) >= FEW:
        pictures.append(
            Picture(
                "champions",
                "Which models won",
                figures.champions_by_class(champions),
                "By demand class (Syntetos & Boylan).",
                gist=_won(champions),
            )
        )
    if len(scored) >= FEW:
        pictures.append(
            Picture(
                "accuracy",
                "Backtest error by class",
                figures.accuracy_by_class(scored),
                "Of the chosen models; below the dotted line is better than a seasonal naive "
                "in sample.",
                gist=_below_naive(scored),
            )
        )
    if len(scored):
        pictures.append(
            Picture(
                "coverage",
                "Coverage of the 80% band",
                figures.coverage_by_class(_covered(tables, scored)),
                f"On held-out windows; the dotted line is what it should be.{_rare(tables)}",
                gist=_between(_covered(tables, scored), "of held-out actuals, by class"),
            )
        )
    baseline = next((name for name in BASELINES if name in set(accuracy["model"])), None)
    if baseline is not None and len(scored) >= FEW:
        saved = figures.saved_of(scored, accuracy, baseline)
        pictures.append(
            Picture(
                "value-added",
                "Value added by choosing",
                figures.value_added(saved, baseline),
                f"Share of {baseline}'s error that the chosen model saves, series by series; "
                "those that lose half of it or more are in the first bar.",
                wide=True,
                gist=f"{percent((saved > 0.0).mean(), 0)} of series gain on {baseline}; "
                f"the median saves {percent(saved.median(), 0)} of its error",
            )
        )
    return pictures


def _most_expected(forecasts: pd.DataFrame) -> str:
    units = forecasts.groupby("warehouse_id")["mean"].sum()
    return f"{units.idxmax()} expects most, {count(units.max())} units; {units.idxmin()} least"


def _won(champions: pd.DataFrame) -> str:
    won = champions["model"].value_counts()
    return f"{won.index[0]} for {count(won.iloc[0])} of {count(len(champions))} series"


def _below_naive(scored: pd.DataFrame) -> str:
    known = scored["mase"].dropna()
    return f"{percent((known < 1.0).mean(), 0)} of series err less than a seasonal naive in sample"


def _between(rates: "pd.Series[float]", of: str) -> str:
    least, most = percent(rates.min()), percent(rates.max())
    return f"{least} {of}" if least == most else f"{least} to {most} {of}"


def _hardest(scored: pd.DataFrame) -> str:
    worst = scored.sort_values("mase", ascending=False).iloc[0]
    return f"{worst['warehouse_id']} / {worst['item_id']} errs most: MASE {number(worst['mase'])}"


def _explorer(tables: Tables, scored: pd.DataFrame) -> Explorer:
    """Embed the series that matter most: by ordered money or volume, and the worst forecasts."""
    forecasts, actuals = tables["demand_forecasts"], tables["demand_actuals"]
    volume = forecasts.groupby(SERIES)["mean"].sum().rename("weight").reset_index()
    if has(tables, "order_plans"):
        money = tables["order_plans"][[*SERIES, "order_value"]]
        ranked = money.sort_values("order_value", ascending=False)
    else:
        ranked = volume.sort_values("weight", ascending=False)
    worst = scored.sort_values("pinball", ascending=False)
    chosen = (
        pd.concat([ranked.head(MOST_SERIES * 3 // 4)[SERIES], worst.head(MOST_SERIES)[SERIES]])
        .drop_duplicates()
        .head(MOST_SERIES)
    )
    champions = tables["champions"].merge(chosen, on=SERIES).set_index(SERIES)
    ahead = dict(iter(forecasts.merge(chosen, on=SERIES).groupby(SERIES)))
    past = dict(iter(actuals.merge(chosen, on=SERIES).groupby(SERIES)))
    data = {
        f"{key[0]} / {key[1]}": _series(past[key], ahead[key], champions.loc[key])
        for key in chosen.itertuples(index=False, name=None)
    }
    left_out = len(tables["champions"]) - len(data)
    note = (
        f"The {len(data)} series with the most money on order, or the worst forecasts; "
        f"{count(left_out)} more are in demand_forecasts."
        if left_out
        else "Those with the most money on order, or the worst forecasts, first."
    )
    gist = f"history, forecast and bands of {plural(len(data), 'series', 'series')}"
    return Explorer("series", "One series at a time", note, list(data), data, gist)


def _series(past: pd.DataFrame, ahead: pd.DataFrame, champion: pd.Series) -> dict[str, Any]:
    return {
        "past": {
            "ds": past["ds"].dt.strftime("%Y-%m-%d %H:%M").tolist(),
            "quantity": [round(float(value), 2) for value in past["quantity"]],
            "censored": (past["censored"] & ~past["repaired"]).astype(bool).tolist(),
            "repaired": past["repaired"].astype(bool).tolist(),
        },
        "ahead": {
            "ds": ahead["ds"].dt.strftime("%Y-%m-%d %H:%M").tolist(),
            "mean": [round(float(value), 3) for value in ahead["mean"]],
            **{name: [round(float(value), 2) for value in ahead[name]] for name in BANDS},
        },
        "text": f"{champion['model']}, {champion['demand_class']}, {champion['distribution']}; "
        f"{champion['reason']}",
    }


def _listings(accuracy: pd.DataFrame, scored: pd.DataFrame) -> list[Listing]:
    if not len(scored):
        return []
    means = (
        accuracy.groupby("model")[["mase", "rmsse", "pinball", "bias", "coverage_80"]]
        .mean()
        .assign(series=accuracy.groupby("model").size(), wins=scored["model"].value_counts())
        .fillna({"wins": 0})
        .sort_values("wins", ascending=False)
        .reset_index()
    )
    models = page_table(
        means,
        [
            PageColumn("model", "model"),
            PageColumn("series", "series tried", count),
            PageColumn("wins", "chosen for", count),
            PageColumn("mase", "MASE", number),
            PageColumn("rmsse", "RMSSE", number),
            PageColumn("pinball", "pinball, scaled", lambda value: number(value, 3)),
            PageColumn("bias", "bias, units", number),
            PageColumn("coverage_80", "80% coverage, usual law", percent),
        ],
        source="forecast_accuracy",
    )
    worst = page_table(
        scored.sort_values("mase", ascending=False),
        [
            *SERIES_COLUMNS,
            PageColumn("demand_class", "class"),
            PageColumn("model", "model"),
            PageColumn("mase", "MASE", number),
            PageColumn("bias", "bias, units per period", number),
            PageColumn("coverage_80", "80% coverage, usual law", percent),
        ],
        source="champions",
        most=20,
    )
    return [
        Listing(
            "Models compared",
            models,
            "Means over the series on which each was tried.",
            f"{plural(len(means), 'model')}; most often chosen is {means['model'].iloc[0]}, "
            f"for {count(means['wins'].iloc[0])} of {count(len(scored))} series",
        ),
        Listing(
            "Hardest to forecast",
            worst,
            "The chosen model's error was largest here.",
            _hardest(scored),
        ),
    ]


def _coverage(tables: Tables) -> list[Listing]:
    """Return what calibration did to each class's bands, over the parts of the horizon."""
    if not has(tables, "forecast_coverage"):
        return []
    means = (
        tables["forecast_coverage"]
        .groupby(["demand_class", "nominal"])[["before", "after"]]
        .mean()
        .reset_index()
    )
    bands = page_table(
        means,
        [
            PageColumn("demand_class", "class"),
            PageColumn("nominal", "band holds, per cent", count),
            PageColumn("before", "actuals within, as modelled", percent),
            PageColumn("after", "actuals within, calibrated", percent),
        ],
        source="forecast_coverage",
    )
    note = "On the last origin, with quantiles moved as the earlier origins teach."
    apart = (means[["before", "after"]].sub(means["nominal"] / 100.0, axis=0)).abs().mean()
    gist = (
        f"bands miss what they promise by {number(100 * apart['after'], 1)} points on average, "
        f"{number(100 * apart['before'], 1)} before calibration"
    )
    return [Listing("Coverage, before and after calibration", bands, note, gist)]
