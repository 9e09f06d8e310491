"""Whether dates are of the periods that the job declares."""

from collections.abc import Mapping

from storage.checks.bench import Bench, rows
from storage.checks.periods import Periods, periods_of
from storage.checks.plan import PERIODS, Frequency
from storage.checks.rules import future_rule
from storage.errors import InputRefusedError
from storage.sql import entity_of
from storage.tables import INPUT_TABLES

# Sales of fewer days are of one weekday, or of the first of a month, by chance.
_FEWEST_DATES = 8
# Of rows: the others are rejected, or are a few of another kind.
_NEARLY_ALL = 0.99
_MOST = 0.5
# Dates of a series from which on a regular step is no chance.
_FEWEST_STEPS = 20
# Minutes that summer time moves midnight by in UTC, or past the day's end.
_SUMMER = (0, 60, 23 * 60)
# No longer period has fewer of the next shorter ones.
_LEAST_RATIO = 3
_BETWEEN = {
    "zero": "be filled with 0",
    "carry": "be filled with earlier demand",
    "reject": "refuse every series as gaps",
}


def refuse_other_frequency(bench: Bench) -> None:
    """Refuse demand whose dates, of all series together, are of other periods than declared.

    Dates that are nearly all of one weekday, or the first of months, are of longer periods, and
    those between would be filled. Where most are no start of a period, they are of shorter ones,
    and would be rejected. Series that sell now and then, and shops that are shut on some
    weekdays, are neither.

    Raises
    ------
    InputRefusedError
        Which names both frequencies, and how many rows tell of the one found.
    """
    declared = bench.plan.frequency
    total, dates, starting = _counted(bench, "ds")
    if dates < _FEWEST_DATES:
        return
    found = _longest(starting, total)
    if found is None:
        return
    if found == "D":
        _refuse_last_days(bench, total)
    order = list(PERIODS)
    if order.index(found) < order.index(declared):
        raise _refused_longer(bench, found, starting[found], total)
    if starting[declared] < _MOST * total:
        if found == "h":
            _refuse_moved_days(bench)
        raise _refused_shorter(bench, found, total - starting[declared], total)


def refuse_series_of_longer_periods(bench: Bench, refused: str) -> None:
    """Refuse the series whose dates are of longer periods than declared beyond doubt.

    They are `_FEWEST_STEPS` or more, and each is one week, month and so on after the one before,
    without exception. Who does sell on one weekday alone says so by rows of 0 on the others.

    Parameters
    ----------
    bench : whose demand has one row a period
    refused : SQL of the keys of rows that were refused for other columns, to follow FROM
    """
    declared, (warehouse, item) = bench.plan.frequency, INPUT_TABLES["demand"].entity
    key, own = f"{warehouse}, {item}", Periods(declared).of_ds
    bench.connection.execute(
        "CREATE OR REPLACE TEMP TABLE sparse AS WITH dates AS "  # noqa: S608 - own names
        f"(SELECT {key}, ds FROM {rows('demand')} UNION ALL SELECT {key}, ds FROM {refused}) "
        f"SELECT {key}, ds FROM dates SEMI JOIN (SELECT {key} FROM dates GROUP BY ALL "
        f"HAVING count(*) >= {_FEWEST_STEPS} "
        f"AND max({own}) - min({own}) >= {_LEAST_RATIO} * (count(*) - 1)) USING ({key})"
    )
    order = list(PERIODS)
    for found in order[: order.index(declared)]:
        anchors = range(7) if found == "W" else range(1)
        regular = " OR ".join(_one_apart(Periods(found, anchor)) for anchor in anchors)
        bench.refuse_entities(
            "demand",
            f"SELECT {entity_of((warehouse, item))} AS entity, "  # noqa: S608 - own names
            f"count(*) || ' {PERIODS[found]} in a row' AS value "
            f"FROM sparse GROUP BY {key} HAVING {regular}",
            code="longer_periods",
            column="ds",
            advice=f"each date of the series is one of {PERIODS[found]} after the one before, and "
            f'[demand] frequency is "{declared}" ({PERIODS[declared]}), so that the '
            f"{PERIODS[declared]} between would {_BETWEEN[bench.plan.gaps]}: give it by "
            f"{PERIODS[declared]}, with 0 where nothing sold, or plan it in a job with "
            f'frequency = "{found}"',
        )


def _one_apart(periods: Periods) -> str:
    """Return SQL that is true of a group whose dates are periods in a row."""
    number = periods.of_ds
    return f"(NOT bool_or({periods.off_grid}) AND max({number}) - min({number}) + 1 = count(*))"


def _counted(bench: Bench, start: str) -> tuple[int, int, dict[Frequency, int]]:
    """Return rows and dates up to the night, and how many rows start a period, by frequency."""
    weeks = periods_of(bench, "W")
    each = [weeks if name == "W" else Periods(name) for name in PERIODS]
    starting = ", ".join(f"sum(n) FILTER (NOT ({periods.off_grid}))" for periods in each)
    known = f"NOT ({future_rule(bench.plan.as_of, 'demand').broken})"
    days = f"SELECT {start} AS ds, count(*) AS n FROM {rows('demand')} WHERE {known} GROUP BY 1"  # noqa: S608 - own names
    select = f"SELECT sum(n), count(*), {starting} FROM ({days})"  # noqa: S608
    told = bench.connection.execute(select).fetchall()[0]
    total, dates, *counts = (int(value or 0) for value in told)
    return total, dates, dict(zip(PERIODS, counts, strict=True))


def _longest(starting: Mapping[Frequency, int], total: int) -> Frequency | None:
    """Return the longest period that nearly all rows start."""
    return next((name for name, n in starting.items() if n >= _NEARLY_ALL * total), None)


def _refuse_last_days(bench: Bench, total: int) -> None:
    _, _, ends = _counted(bench, "ds + INTERVAL 1 DAY")
    found = _longest({name: ends[name] for name in ("QS", "MS")}, total)
    if found is not None:
        raise InputRefusedError(
            f"inputs.demand: the dates are the last days of {PERIODS[found]} ({ends[found]:,} of "
            f'{total:,} rows), and [demand] frequency is "{bench.plan.frequency}"; date them by '
            f'their first days, and set frequency = "{found}"'
        )


def _refuse_moved_days(bench: Bench) -> None:
    """Refuse days that all begin at one hour, or at two where summer time moves it."""
    found = bench.connection.execute(
        "SELECT DISTINCT 60 * hour(ds) + minute(ds) AS begins, strftime(ds, '%H:%M') "  # noqa: S608 - own names
        f"FROM {rows('demand')} ORDER BY 1"
    ).fetchall()
    begins, hours = zip(*found, strict=True)
    if len(begins) > 2 or begins[-1] - begins[0] not in _SUMMER:
        return
    raise InputRefusedError(
        f"inputs.demand: the dates are days that begin at {' or '.join(hours)} UTC, as midnight "
        "elsewhere does, since a time with an offset is turned into UTC; give days without time "
        "and offset, as 2026-11-22"
    )


def _refused_longer(bench: Bench, found: Frequency, fitting: int, total: int) -> InputRefusedError:
    declared = bench.plan.frequency
    return InputRefusedError(
        f"inputs.demand: the dates are of {PERIODS[found]} ({fitting:,} of {total:,} rows), and "
        f'[demand] frequency is "{declared}" ({PERIODS[declared]}), so that the '
        f"{PERIODS[declared]} between would {_BETWEEN[bench.plan.gaps]}; set frequency = "
        f'"{found}"'
    )


def _refused_shorter(bench: Bench, found: Frequency, lost: int, total: int) -> InputRefusedError:
    declared = bench.plan.frequency
    return InputRefusedError(
        f"inputs.demand: the dates are of {PERIODS[found]}, and [demand] frequency is "
        f'"{declared}" ({PERIODS[declared]}): {lost:,} of {total:,} rows start none, and would be '
        f'rejected, not added up; set frequency = "{found}", or add demand up by '
        f"{PERIODS[declared]}"
    )
