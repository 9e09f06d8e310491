"""Settle: the identity in = published + rejected + failed, and the failure threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow.parquet as pq

from flows.errors import FailureThresholdError, IdentityError
from flows.run import ChunkRecord, Failed, entity_names
from flows.steps.check import CheckedEntities

# The output whose rows show that an input's entity was published. Inputs that only serve
# others (items, curves, limits, ...) are published by being admitted.
PUBLISHED_IN = {
    "demand": ("demand_forecasts", ("warehouse_id", "item_id")),
    "stock": ("order_plans", ("warehouse_id", "item_id")),
    "positions": ("portfolio_risk", ("portfolio_id",)),
    "prices": ("market_outlook", ("instrument_id",)),
}
EXAMPLES = 3


@dataclass(frozen=True)
class Settlement:
    """The identity of a run.

    Parameters
    ----------
    entities : frame of the RUN_ENTITIES columns, without the run's own
    failures : entities that failed, none of which was published; and parts of what was
    partial : those of them that are parts: of published entities, or learnt of many together
    """

    entities: pd.DataFrame
    failures: tuple[Failed, ...]
    partial: tuple[Failed, ...] = ()

    @property
    def failed(self) -> int:
        """How many entities failed."""
        return int(self.entities["failed"].sum())


def settle(checked: CheckedEntities, records: Sequence[ChunkRecord]) -> Settlement:
    """Balance every input's entities.

    Raises
    ------
    IdentityError
        Where an entity that came in is in none, or in two, of published, rejected and failed.
    """
    failures = [failure for record in records for failure in record.failures]
    rows, lost = [], set()
    for line in checked.counts.to_dict("records"):
        table = str(line["input"])
        admitted = checked.of(table, rejected=False)
        rejected = checked.of(table, rejected=True)
        named = {failure.entity for failure in failures if failure.input == table}
        published = _published(table, admitted - named, records)
        failed = named - published
        _balance(table, admitted, rejected, published, failed)
        lost |= {(table, entity) for entity in failed}
        rows.append(
            {
                "input": table,
                "rows_in": line["rows_in"],
                "rows_rejected": line["rows_rejected"],
                "entities_in": len(admitted) + len(rejected),
                "published": len(published),
                "rejected": len(rejected),
                "failed": len(failed),
            }
        )
    partial = tuple(each for each in failures if (each.input, each.entity) not in lost)
    return Settlement(pd.DataFrame(rows), tuple(failures), partial)


def words_of(settlement: Settlement) -> tuple[str, ...]:
    """Return a sentence on parts that failed of what is published, where some did."""
    if not settlement.partial:
        return ()
    first, count = settlement.partial[0], len(settlement.partial)
    parts = "1 part" if count == 1 else f"{count:,} parts"
    told = f"{parts} of what is published failed, each a row of `failures`"
    return (f"{told}; first, {first.stage} of {first.entity}: {first.message}",)


def _published(table: str, sound: set[str], records: Sequence[ChunkRecord]) -> set[str]:
    if table not in PUBLISHED_IN:
        return sound
    output, columns = PUBLISHED_IN[table]
    found: set[str] = set()
    for record in records:
        if output in record.shards:
            keys = pq.read_table(record.shard(output), columns=list(columns)).to_pandas()
            found |= set(entity_names(keys.drop_duplicates(), columns))
    return found


def _balance(
    table: str, admitted: set[str], rejected: set[str], published: set[str], failed: set[str]
) -> None:
    problems: Mapping[str, set[str]] = {
        "neither published nor failed": admitted - published - failed,
        "published without having come in": published - admitted,
        "both rejected and admitted": rejected & admitted,
        "failed without having come in": failed - admitted,
    }
    for problem, entities in problems.items():
        if entities:
            named = ", ".join(sorted(entities)[:EXAMPLES])
            raise IdentityError(
                f"inputs.{table}: {len(entities)} entities are {problem}: {named}"
                f"{', …' if len(entities) > EXAMPLES else ''}; nothing was published"
            )


def hold_threshold(settlement: Settlement, threshold: float) -> None:
    """Stop a run of which too much failed.

    Raises
    ------
    FailureThresholdError
        Where the share of failed entities of an input exceeds ``threshold``.
    """
    for line in settlement.entities.to_dict("records"):
        table, failed, came_in = line["input"], int(line["failed"]), int(line["entities_in"])
        share = failed / came_in if came_in else 0.0
        if share > threshold:
            example = next(f for f in settlement.failures if f.input == table)
            raise FailureThresholdError(
                f"inputs.{table}: {failed} of {came_in} entities failed "
                f"({share:.1%}, allowed {threshold:.1%}); nothing was published; "
                f"first: {example.entity}: {example.message}"
            )
