"""What moved risk since the night before, and what makes most of it."""

import pandas as pd

from reports.sections.section import Tables, has
from reports.wording import NOTHING, count, percent

# In another currency a figure is another one.
FIGURE = ["portfolio_id", "measure", "level", "horizon", "method", "currency"]


def night_of(before: Tables) -> str:
    """Return the date of the night before, as it is spoken of."""
    return f"{before['portfolio_risk']['as_of'].iloc[0]:%d %B}"


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


def change_in_sum(own: pd.DataFrame, before: Tables) -> str:
    """Say by how much figures of portfolios that both nights have moved in sum; or nothing."""
    then = _figures_then(own, before).dropna()
    now = own.loc[then.index]
    if len(set(now["currency"])) != 1 or then.sum() <= 0.0:
        return ""
    return f"; {signed(now['value'].sum() / then.sum() - 1.0)} since {night_of(before)}"


def _figures_then(own: pd.DataFrame, before: Tables) -> "pd.Series[float]":
    """Return the same figures of the night before; NaN where it has none."""
    if not has(before, "portfolio_risk"):
        return pd.Series(float("nan"), index=own.index)
    known = before["portfolio_risk"].set_index(FIGURE)["value"]
    found = known.reindex(pd.MultiIndex.from_frame(own[FIGURE])).to_numpy(float)
    return pd.Series(found, index=own.index)


def new_breaches(breaches: pd.DataFrame, before: Tables) -> str:
    """Say how many portfolios came over a limit since the night before, and how many went back."""
    if "limit_breaches" not in before or not has(before, "portfolio_risk"):
        return ""
    own, then = set(breaches["portfolio_id"]), set(before["limit_breaches"]["portfolio_id"])
    known = set(before["portfolio_risk"]["portfolio_id"])
    fresh = len((own - then) & known)
    gone = len(then - own)
    return f"; {count(fresh)} new and {count(gone)} gone since {night_of(before)}"


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
