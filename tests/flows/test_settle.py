"""The identity: entities in = published + rejected + failed."""

import pandas as pd
import pytest

from flows.errors import FailureThresholdError, IdentityError
from flows.run import ChunkWork, Failed, run_chunk
from flows.steps.check import CheckedEntities
from flows.steps.settle import hold_threshold, settle, words_of


def checked(rejected=()):
    entities = ["a", "b", "c", "d"]
    return CheckedEntities(
        pd.DataFrame([("positions", 9, 1)], columns=["input", "rows_in", "rows_rejected"]),
        pd.DataFrame(
            {
                "input": "positions",
                "entity": entities,
                "rejected": [entity in rejected for entity in entities],
            }
        ),
    )


def chunk(folder, published, failed=()):
    frame = pd.DataFrame({"portfolio_id": list(published)})
    failures = [Failed("positions", entity, "risk", "ValueError", "why") for entity in failed]
    return run_chunk(folder, "key", lambda: ChunkWork({"portfolio_risk": frame}, failures))


def test_every_entity_is_published_rejected_or_failed(tmp_path):
    settlement = settle(
        checked({"d"}), [chunk(tmp_path / "1", "ab"), chunk(tmp_path / "2", "", "c")]
    )
    row = settlement.entities.iloc[0]
    assert row["entities_in"] == row["published"] + row["rejected"] + row["failed"] == 4
    assert (row["published"], row["rejected"], row["failed"]) == (2, 1, 1)


def test_a_lost_entity_stops_the_run_and_is_named(tmp_path):
    with pytest.raises(IdentityError, match="1 entities are neither published nor failed: d"):
        settle(checked(), [chunk(tmp_path / "1", "abc")])


def test_an_entity_from_nowhere_stops_the_run(tmp_path):
    with pytest.raises(IdentityError, match="published without having come in: z"):
        settle(checked(), [chunk(tmp_path / "1", "abcdz")])


def test_an_entity_with_a_failed_part_that_is_published_counts_once(tmp_path):
    settlement = settle(checked(), [chunk(tmp_path / "1", "abcd", failed="a")])
    assert settlement.failed == 0
    assert len(settlement.failures) == 1


def test_parts_that_failed_are_told_of_and_entities_that_did_are_not(tmp_path):
    whole = settle(checked(), [chunk(tmp_path / "1", "abc", failed="d")])
    assert words_of(whole) == ()
    parts = settle(checked(), [chunk(tmp_path / "2", "abc", failed="bd")])
    assert words_of(parts) == (
        "1 part of what is published failed, each a row of `failures`; first, risk of b: why",
    )


def test_failures_above_the_threshold_stop_the_run(tmp_path):
    settlement = settle(checked(), [chunk(tmp_path / "1", "abc", failed="d")])
    hold_threshold(settlement, 0.25)
    with pytest.raises(FailureThresholdError, match=r"1 of 4 entities failed \(25.0%, allowed"):
        hold_threshold(settlement, 0.24)
