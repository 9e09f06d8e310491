"""Rows of portfolios' measures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.measures.allocation import Allocation
from risk.measures.loss_quantiles import PROBABILITIES, LossQuantiles
from risk.measures.tail import MEASURES, Tail

RISK_COLUMNS = [
    "portfolio_id",
    "measure",
    "level",
    "horizon",
    "method",
    "value",
    "standard_error",
    "market_value",
    "currency",
]
CONTRIBUTION_COLUMNS = [
    "portfolio_id",
    "instrument_id",
    "measure",
    "level",
    "horizon",
    "method",
    "market_value",
    "value",
    "standard_error",
    "marginal",
    "incremental",
    "incremental_standard_error",
    "currency",
]
QUANTILE_COLUMNS = [
    "portfolio_id",
    "horizon",
    "method",
    "probability",
    "loss",
    "standard_error",
    "currency",
]


class BookRows(NamedTuple):
    """What is told of one book.

    Parameters
    ----------
    risk : a row for each measure and level, of `RISK_COLUMNS`
    contributions, quantiles : columns of `CONTRIBUTION_COLUMNS` and `QUANTILE_COLUMNS`: an array
        each, or what is of all rows
    """

    risk: list[dict[str, Any]]
    contributions: dict[str, Any]
    quantiles: dict[str, Any]


def risk_frame(books: Iterable[BookRows]) -> pd.DataFrame:
    """Return `RISK_COLUMNS` of all ``books``."""
    return pd.DataFrame([row for book in books for row in book.risk], columns=RISK_COLUMNS)


def contribution_frame(books: Iterable[BookRows]) -> pd.DataFrame:
    """Return `CONTRIBUTION_COLUMNS` of all ``books``."""
    return _stacked([book.contributions for book in books], CONTRIBUTION_COLUMNS)


def quantile_frame(books: Iterable[BookRows]) -> pd.DataFrame:
    """Return `QUANTILE_COLUMNS` of all ``books``."""
    return _stacked([book.quantiles for book in books], QUANTILE_COLUMNS)


def risk_rows(
    common: Mapping[str, Any], levels: Sequence[float], tails: Sequence[Tail], worth: float
) -> list[dict[str, Any]]:
    """Return the rows of a book's measures.

    Parameters
    ----------
    common : columns that all of the book's rows have alike
    levels, tails : a tail for each level
    worth : money, of the book
    """
    return [
        {
            **common,
            "measure": measure,
            "level": level,
            "value": getattr(tail, measure),
            "standard_error": getattr(tail, f"{measure}_error"),
            "market_value": worth,
        }
        for level, tail in zip(levels, tails, strict=True)
        for measure in MEASURES
    ]


def contribution_columns(
    common: Mapping[str, Any],
    levels: Sequence[float],
    parts: Allocation,
    worth: Floats,
    held: np.ndarray,
) -> dict[str, Any]:
    """Return the columns of what a book's positions contribute.

    Parameters
    ----------
    common, levels : as in `risk_rows`
    parts : of each position
    worth : (n_positions,) float64, money, of each position
    held : (n_positions,) object, ids of the instruments
    """
    n_positions, n_levels = len(held), len(levels)
    components = _both(parts.value_at_risk, parts.expected_shortfall)
    values = np.tile(worth, 2 * n_levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        marginal = np.where(values != 0.0, components / values, np.nan)
    added = parts.incremental
    return {
        **common,
        "instrument_id": np.tile(held, 2 * n_levels),
        "measure": np.repeat(np.array(MEASURES, dtype=object), n_levels * n_positions),
        "level": np.tile(np.repeat(levels, n_positions), 2),
        "market_value": values,
        "value": components,
        "standard_error": _both(parts.value_at_risk_error, parts.expected_shortfall_error),
        "marginal": marginal,
        "incremental": _both(added.value_at_risk, added.expected_shortfall),
        "incremental_standard_error": _both(
            added.value_at_risk_error, added.expected_shortfall_error
        ),
    }


def _both(value_at_risk: Floats, expected_shortfall: Floats) -> Floats:
    """Return a column of both measures, each by level and position."""
    return np.concatenate([value_at_risk.ravel(), expected_shortfall.ravel()])


def quantile_columns(common: Mapping[str, Any], found: LossQuantiles) -> dict[str, Any]:
    """Return the columns of the distribution of a book's loss.

    Parameters
    ----------
    common : as in `risk_rows`
    found : the distribution
    """
    return {
        **common,
        "probability": PROBABILITIES,
        "loss": found.losses,
        "standard_error": found.errors,
    }


def _stacked(books: Sequence[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Return the rows of all books, of the columns of each."""
    lengths = [len(book["standard_error"]) for book in books]
    return pd.DataFrame(
        {name: _joined([book[name] for book in books], lengths) for name in columns}
    )


def _joined(parts: list[Any], lengths: list[int]) -> np.ndarray:
    """Return a column: arrays end to end, or each of other values as often as its book has rows."""
    if parts and isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    kind = np.int64 if parts and isinstance(parts[0], int) else object
    return np.repeat(np.array(parts, dtype=kind), lengths)
