"""Periods as whole numbers, so that gaps can be counted."""

from dataclasses import dataclass

from storage.checks.bench import Bench, rows
from storage.checks.plan import Frequency

_DAYS = "datediff('day', TIMESTAMP '1970-01-01', ds)"
# A remainder keeps its sign in SQL; days before 1970 have one too.
_WEEKDAY = f"((({_DAYS}) % 7) + 7) % 7"
_PERIOD_OF: dict[Frequency, str] = {
    "h": "datediff('hour', TIMESTAMP '1970-01-01', ds)",
    "D": _DAYS,
    "W": f"CAST(floor((({_DAYS}) - {{anchor}}) / 7) AS BIGINT)",
    "MS": "datediff('month', TIMESTAMP '1970-01-01', ds)",
    "QS": "datediff('quarter', TIMESTAMP '1970-01-01', ds)",
}
_START_OF: dict[Frequency, str] = {
    "h": "TIMESTAMP '1970-01-01' + to_hours({period})",
    "D": "TIMESTAMP '1970-01-01' + to_days(CAST({period} AS INTEGER))",
    "W": "TIMESTAMP '1970-01-01' + to_days(CAST({period} * 7 + {anchor} AS INTEGER))",
    "MS": "TIMESTAMP '1970-01-01' + to_months(CAST({period} AS INTEGER))",
    "QS": "TIMESTAMP '1970-01-01' + to_months(CAST({period} * 3 AS INTEGER))",
}


@dataclass(frozen=True)
class Periods:
    """How dates and whole periods map onto each other.

    Parameters
    ----------
    frequency : of the demand
    anchor : for weeks, the day of the week they start on, 0 to 6 from Thursday
    """

    frequency: Frequency
    anchor: int = 0

    @property
    def of_ds(self) -> str:
        """SQL for the period of column ``ds``."""
        return _PERIOD_OF[self.frequency].format(anchor=self.anchor)

    def start(self, period: str) -> str:
        """Return SQL for the date on which the period in ``period`` starts."""
        return _START_OF[self.frequency].format(period=period, anchor=self.anchor)

    @property
    def off_grid(self) -> str:
        """SQL that is true where ``ds`` is not the start of a period."""
        return f"ds <> {self.start('(' + self.of_ds + ')')}"


def periods_of(bench: Bench, frequency: Frequency) -> Periods:
    """Return the periods of the demand under examination; weeks start on its usual weekday."""
    if frequency != "W":
        return Periods(frequency)
    found = bench.connection.execute(
        f"SELECT {_WEEKDAY} AS weekday FROM {rows('demand')} GROUP BY 1 "  # noqa: S608 - own name
        "ORDER BY count(*) DESC, 1 LIMIT 1"
    ).fetchall()
    return Periods(frequency, int(found[0][0]) if found else 0)
