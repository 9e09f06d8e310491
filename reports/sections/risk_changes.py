"""What moved risk since the night before, and what makes most of it."""

import pandas as pd

from reports.sections.section import Tables, has
from reports.wording import NOTHING, count, day, percent

# In another currency a figure is another one.
FIGURE = ["portfolio_id", "measure", "level", "horizon", "method", "currency"]
ERROR = "standard_error"
# Portfolios that came over a limit, or went back, that are named.
MOST_NAMED = 3


def night_of(before: Tables) -> str:
    """Return the date of the night before, as it is spoken of."""
    return day(before["portfolio_risk"]["as_of"].iloc[0], year=False)


def change_of_each(own: pd.DataFrame, before: Tables) -> "pd.Series[float]":
    """Return by how much each figure moved since the night before, as a fraction of it.

    Parameters
    ----------
    own : rows of portfolio_risk
    before : tables of the night before; without portfolio_risk nothing is known

    Returns
    -------
    (len(own),) by the index of ``own``; NaN where the night before has no such figure above zero
    """
    then = _figures_then(own, before)
    return own["value"] / then.where(then > 0.0) - 1.0


def error_of_change(own: pd.DataFrame, before: Tables) -> "pd.Series[float]":
    """Return the most that the standard error of `change_of_each` can be.

    Both nights may be measured on the same draws and days, so their errors are not independent.
    Whatever they have in common, that of a difference is at most the sum of both (Minkowski's
    inequality), and where they move together it is far less.
    """
    then = _figures_then(own, before)
    known = then.where(then > 0.0)
    ratio = own["value"].abs() / known
    return (own[ERROR] + ratio * _figures_then(own, before, ERROR)) / known


def change_in_sum(own: pd.DataFrame, before: Tables) -> str:
    """Say by how much figures of portfolios that both nights have moved in sum; or nothing."""
    then = _figures_then(own, before).dropna()
    now = own.loc[then.index]
    if len(set(now["currency"])) != 1 or then.sum() <= 0.0:
        return ""
    return f"; {signed(now['value'].sum() / then.sum() - 1.0)} since {night_of(before)}"


def _figures_then(own: pd.DataFrame, before: Tables, column: str = "value") -> "pd.Series[float]":
    """Return the same figures of the night before, or their errors; NaN where it has none."""
    if not has(before, "portfolio_risk"):
        return pd.Series(float("nan"), index=own.index)
    known = before["portfolio_risk"].set_index(FIGURE)[column]
    found = known.reindex(pd.MultiIndex.from_frame(own[FIGURE])).to_numpy(float)
    return pd.Series(found, index=own.index)


def breaches_since(tables: Tables, before: Tables) -> str:
    """Say which portfolios came over a limit since the night before, and which went back.

    One that tonight measures against no limit did neither, and is told by itself.
    """
    if "limit_breaches" not in before or not has(before, "portfolio_risk"):
        return ""
    then, known = _books(before, "limit_breaches"), _books(before, "portfolio_risk")
    own, measured = _books(tables, "limit_breaches"), _books(tables, "limit_utilisation")
    told = [_named("new", (own - then) & known), _named("gone", (then - own) & measured)]
    if then - measured:
        told.append(_named("not measured tonight", then - measured))
    return f"; since {night_of(before)} {', '.join(told)}"


def _books(tables: Tables, name: str) -> set[str]:
    return set(tables[name]["portfolio_id"].astype(str)) if name in tables else set()


def _named(what: str, books: set[str]) -> str:
    """Return how many portfolios did something, and the first by name."""
    names = ", ".join(sorted(books)[:MOST_NAMED])
    rest = f" and {count(len(books) - MOST_NAMED)} more" if len(books) > MOST_NAMED else ""
    return f"{count(len(books))} {what}" + (f" ({names}{rest})" if books else "")


def signed(change: float) -> str:
    """Return a change with its sign: +3.1%."""
    return NOTHING if pd.isna(change) else f"{100 * change:+z,.1f}%"


def largest_part(parts: pd.DataFrame) -> "pd.Series[str]":
    """Return of each portfolio the position that makes most of a figure, with its share.

    Parameters
    ----------
    parts : rows of risk_contributions of one measure, level, horizon and method
    """
    top = parts.sort_values("value", ascending=False).drop_duplicates("portfolio_id")
    whole = parts.groupby("portfolio_id")["value"].sum()
    top = top.set_index("portfolio_id")
    shares = top["value"] / whole.where(whole > 0.0).reindex(top.index)
    told = [
        f"{name} {percent(part, 0)}" if part > 0.0 else NOTHING
        for name, part in zip(top["instrument_id"], shares, strict=True)
    ]
    return pd.Series(told, index=top.index, dtype=object)
