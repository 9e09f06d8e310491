"""Small inputs as files, for checks."""

from datetime import date

import pandas as pd

from storage.checks import CheckPlan, check_inputs
from storage.inputs import InputSource

AS_OF = date(2024, 3, 31)
PLAN = CheckPlan(AS_OF, "D", "zero", minimum_history=7, minimum_price_history=20)


def demand_rows(warehouse="north", item="tea", start="2024-01-01", end="2024-03-31"):
    days = pd.date_range(start, end, freq="D")
    return pd.DataFrame(
        {
            "warehouse_id": warehouse,
            "item_id": item,
            "ds": days.strftime("%Y-%m-%d"),
            "quantity": [str(day.day % 5) for day in days],
        }
    )


def price_rows(instrument="ACME", start="2024-01-01", end="2024-03-29"):
    days = pd.bdate_range(start, end)
    closes = [str(100 + number % 7) for number in range(len(days))]
    return pd.DataFrame(
        {"instrument_id": instrument, "ds": days.strftime("%Y-%m-%d"), "close": closes}
    )


def instrument(name="ACME", kind="equity", **terms):
    return pd.DataFrame([{"instrument_id": name, "kind": kind, "currency": "USD", **terms}])


def check(folder, plan=PLAN, **tables):
    """Write the tables as CSV, and check them."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = {}
    for name, frame in tables.items():
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False)
        sources[name] = InputSource(name, (path,))
    clean = folder / "clean"
    clean.mkdir(exist_ok=True)
    return check_inputs(sources, plan, clean)


def codes(report, severity=None):
    """Return how often each rule was broken."""
    rejects = report.rejects
    if severity is not None:
        rejects = rejects[rejects["severity"] == severity]
    return rejects["code"].value_counts().to_dict()


def clean(report, table):
    return pd.read_parquet(report.inputs[table].clean)
