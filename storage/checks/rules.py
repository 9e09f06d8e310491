"""A rule that each row must keep."""

from dataclasses import dataclass


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
