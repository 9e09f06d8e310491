"""Made-up nights: every output table with a few valid rows, from nothing but its schema."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache

import pandas as pd

from storage.stores import Publication, open_store
from storage.tables import OUTPUT_TABLES

RUN, JOB, AS_OF = "night-a", "night", date(2026, 1, 1)
EVERY = tuple(OUTPUT_TABLES)
# One table of each sort: bookkeeping, results, a nullable column, choices, no rows of its own.
SOME = ("champions", "order_plans", "failures", "runs", "run_steps")


def value(column, number):
    """Return a valid value of a column; another one for each number where it has no choices."""
    if column.choices:
        return column.choices[number % len(column.choices)]
    low = 0.0 if column.minimum is None else column.minimum
    return {
        "text": f"{column.name} {number}",
        "float": low + 1.0 / (number + 2),
        "integer": int(low) + number + 1,
        "boolean": number % 2 == 0,
        "timestamp": pd.Timestamp("2025-12-01") + pd.Timedelta(days=number),
    }[column.kind]


@cache
def _made_up(table, rows):
    """Return a table's rows, sorted, as one run has them; nobody may change them."""
    frame = pd.DataFrame(
        [{column.name: value(column, n) for column in table.columns} for n in range(rows)]
    )
    frame = table.typed(frame.assign(run_id=RUN, as_of=pd.Timestamp(AS_OF)))
    return frame.sort_values(list(table.key), ignore_index=True)


def night(run_id=RUN, as_of=AS_OF, job=JOB, tables=SOME, rows=3):
    """Return a frame for each of the tables, in its types and sorted by its key."""
    own = {"run_id": run_id, "as_of": pd.Timestamp(as_of).as_unit("us")}
    frames = {
        name: _made_up(OUTPUT_TABLES[name], rows).assign(**own) for name in tables if name != "runs"
    }
    if "runs" in tables:
        frames["runs"] = _made_up(OUTPUT_TABLES["runs"], 1).assign(**own, job=job)
    return {name: frames[name] for name in tables}


def publication(folder, run_id=RUN, as_of=AS_OF, job=JOB, tables=SOME, **changed):
    """Write a made-up night as shards, one file a table, and return it for publishing."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = {}
    for name, frame in {**night(run_id, as_of, job, tables), **changed}.items():
        path = folder / f"{name}.parquet"
        frame.to_parquet(path, index=False)
        shards[name] = [path]
    return Publication(run_id, as_of, job, shards)


def publish_at_once(address, publications):
    """Publish each by a writer of its own, all at the same time; none may fail."""

    def publish(each):
        with open_store(address) as store:
            store.publish(each)

    with ThreadPoolExecutor(len(publications)) as writers:
        list(writers.map(publish, publications))
