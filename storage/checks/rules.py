"""A rule that each row must keep."""

from dataclasses import dataclass
from datetime import date

from storage.sql import literal


@dataclass(frozen=True)
class Rule:
    """A rule that each row must keep; who breaks it is refused by row.

    Parameters
    ----------
    code : what a broken rule is called
    column : the column concerned
    broken : SQL over the row's columns, true where the rule is broken
    advice : what the user can do
    """

    code: str
    column: str
    broken: str
    advice: str


def future_rule(as_of: date, what: str) -> Rule:
    """Return the rule that a row is of the night or before it.

    Parameters
    ----------
    as_of : the night
    what : that the rows are of, as "prices"
    """
    night = f"TIMESTAMP {literal(as_of.isoformat())} + INTERVAL 1 DAY"
    advice = (
        f"{what} after {as_of} cannot be known that night: run a later one, or correct the date"
    )
    return Rule("future", "ds", f"ds >= {night}", advice)
