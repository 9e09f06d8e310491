"""Chunks: done once, never trusted when torn, and the same whoever else is there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.run import (
    ChunkWork,
    Failed,
    Independent,
    assign_chunks,
    assign_groups,
    entity_words,
    find_chunk,
    number_of_chunks,
    run_chunk,
    run_entities,
)
from flows.run.chunks import set_aside

FRAME = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})


class Counted:
    """Work that counts how often it is done."""

    def __init__(self, failures=()):
        self.times = 0
        self.failures = failures

    def __call__(self):
        self.times += 1
        return ChunkWork({"t": FRAME}, self.failures, {"losses": np.arange(3.0)})


def test_a_finished_chunk_is_not_done_again(tmp_path):
    work = Counted()
    first = run_chunk(tmp_path / "c", "key", work)
    second = run_chunk(tmp_path / "c", "key", work)
    assert work.times == 1
    assert (first.reused, second.reused) == (False, True)
    assert pd.read_parquet(second.shard("t")).equals(FRAME)
    assert np.array_equal(np.load(second.shard("losses")), np.arange(3.0))


def test_a_chunk_of_other_content_is_done_again(tmp_path):
    work = Counted()
    run_chunk(tmp_path / "c", "key", work)
    assert not run_chunk(tmp_path / "c", "another key", work).reused
    assert work.times == 2


@pytest.mark.parametrize("shard", ["t.parquet", "losses.npy"])
def test_a_torn_shard_makes_its_chunk_not_done(tmp_path, shard):
    run_chunk(tmp_path / "c", "key", Counted())
    torn = tmp_path / "c" / shard
    torn.write_bytes(torn.read_bytes()[:-1])
    assert find_chunk(tmp_path / "c", "key") is None


def test_a_torn_manifest_makes_its_chunk_not_done(tmp_path):
    run_chunk(tmp_path / "c", "key", Counted())
    manifest = tmp_path / "c" / "manifest.json"
    manifest.write_text(manifest.read_text()[:-20])
    assert find_chunk(tmp_path / "c", "key") is None


def test_failures_are_kept_with_their_chunk(tmp_path):
    failure = Failed("demand", "a/b", "predict", "ValueError", "no such thing")
    run_chunk(tmp_path / "c", "key", Counted([failure]))
    found = find_chunk(tmp_path / "c", "key")
    assert found is not None
    assert found.failures == (failure,)


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=30, unique=True))
def test_the_chunk_of_an_entity_does_not_depend_on_its_company(pairs):
    frame = pd.DataFrame(pairs, columns=["warehouse_id", "item_id"])
    words = entity_words(frame, ["warehouse_id", "item_id"])
    alone = [
        entity_words(frame.iloc[[row]], ["warehouse_id", "item_id"])[0] for row in range(len(frame))
    ]
    assert words.tolist() == alone
    assert assign_chunks(words, 7).max() < 7


def test_ids_do_not_run_into_each_other():
    frame = pd.DataFrame({"warehouse_id": ["a", "ab"], "item_id": ["bc", "c"]})
    first, second = entity_words(frame, ["warehouse_id", "item_id"])
    assert first != second


@given(st.integers(0, 10**6), st.integers(1, 10**4))
def test_a_flow_never_has_more_tasks_than_prefect_bears(n_entities, chunk_entities):
    assert 1 <= number_of_chunks(n_entities, chunk_entities) <= 200


@pytest.mark.parametrize(
    ("n_entities", "n_rows", "expected"),
    [
        # Long histories: 180 series; short ones: 100,000 rows, and no more than 1,000 series.
        (500, 913_000, 3),
        (3_142, 449_306, 5),
        (15_053, 391_378, 16),
        (1_000, None, 6),
        (7, 0, 1),
    ],
)
def test_a_chunk_takes_more_series_where_they_are_short(n_entities, n_rows, expected):
    assert number_of_chunks(n_entities, None, n_rows) == expected
    assert number_of_chunks(n_entities, 5, n_rows) == min(-(-n_entities // 5), 200)


GROUPS = st.lists(st.integers(1, 40), min_size=1, max_size=30)


@given(GROUPS, st.integers(1, 200), st.integers(0, 2**31))
def test_warehouses_stay_together_in_chunks_of_like_size(sizes, n_chunks, seed):
    names = np.repeat([f"w{number:02d}" for number in range(len(sizes))], sizes)
    draws = np.random.default_rng(seed)
    words = draws.integers(0, 2**63, len(names)).astype(np.uint64)
    found = assign_groups(pd.Series(names), words, n_chunks)
    average = len(names) / n_chunks
    assert found.min() >= 0
    assert found.max() < n_chunks
    assert np.bincount(found).max() <= 2 * average + 1
    for name, size in zip(sorted(set(names)), sizes, strict=True):
        held = np.unique(found[names == name])
        assert len(held) <= max(1, np.ceil(size / average) + 1)
        assert len(held) == 1 or size > average
    # Warehouses come in order, and an order of rows changes nothing.
    assert (np.diff(found[np.argsort(names, kind="stable")][np.cumsum(sizes) - 1]) >= 0).all()
    order = draws.permutation(len(names))
    again = assign_groups(pd.Series(names[order]), words[order], n_chunks)
    assert (again == found[order]).all()


class Each:
    """Work on named entities, one of which may fail; it keeps what it was asked for."""

    names = ("a/1", "a/2", "b/1")

    def __init__(self, failing=()):
        self.failing = failing
        self.asked = []

    def __call__(self, only):
        self.asked.append(only)
        ids = [name.split("/") for name in self.names if only is None or name in only]
        done = [pair for pair in ids if "/".join(pair) not in self.failing]
        frame = pd.DataFrame(
            {"w": [w for w, _ in done], "i": [i for _, i in done], "x": [1.0 / 3.0] * len(done)}
        )
        # Two rows an entity, and none in order of the entities.
        table = pd.concat([frame, frame.assign(x=2.0)])[::-1]
        failures = [
            Failed("t", name, "s", "ValueError", "no such luck")
            for name in self.failing
            if only is None or name in only
        ]
        repairs = pd.DataFrame({"entity": ["/".join(pair) for pair in done], "note": "told"})
        return ChunkWork({"t": table, "repairs": repairs}, failures)


IDS = Independent(["w", "i"])


def tables(record):
    return [pd.read_parquet(record.shard(name)) for name in ("t", "repairs")]


def assert_same(one, other):
    for frame, expected in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(frame, expected)


@pytest.fixture
def whole(tmp_path):
    return run_entities(tmp_path / "whole" / "chunk-0", "key", IDS, Each())


@pytest.fixture
def aside(tmp_path):
    """Return the folder of a chunk with a failure, which a retry has set aside."""
    folder = tmp_path / "c" / "chunk-0"
    failed = run_entities(folder, "key", IDS, Each(["a/2"]))
    assert [failure.entity for failure in failed.failures] == ["a/2"]
    assert len(tables(failed)[0]) == 4
    set_aside(folder)
    assert find_chunk(folder, "key") is None
    return folder


def test_the_entity_that_failed_is_done_again_alone(aside, whole):
    work = Each()
    again = run_entities(aside, "key", IDS, work)
    assert work.asked == [frozenset({"a/2"})]
    assert again.failures == ()
    assert_same(again, whole)
    assert [path.name for path in aside.parent.iterdir()] == [aside.name]


def test_what_fails_again_is_told_again_and_the_others_are_kept(aside):
    again = run_entities(aside, "key", IDS, Each(["a/2"]))
    assert [failure.entity for failure in again.failures] == ["a/2"]
    assert sorted(set(tables(again)[0]["w"] + "/" + tables(again)[0]["i"])) == ["a/1", "b/1"]


def test_one_that_is_killed_is_done_by_the_next(aside, whole):
    def killed(_only):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_entities(aside, "key", IDS, killed)
    work = Each()
    assert_same(run_entities(aside, "key", IDS, work), whole)
    assert work.asked == [frozenset({"a/2"})]


@pytest.mark.parametrize("kept", [["manifest.json"], ["t.parquet"], ["repairs.parquet"]])
def test_one_killed_as_it_is_written_is_done_by_the_next(aside, whole, kept):
    """Whatever of the new chunk is there without its manifest counts for nothing."""
    aside.mkdir()
    for name in kept:
        (aside / name).write_bytes(b"half")
    assert_same(run_entities(aside, "key", IDS, Each()), whole)


@pytest.mark.parametrize("shard", ["t.parquet", "manifest.json"])
def test_a_torn_chunk_set_aside_is_done_again_whole(aside, whole, shard):
    torn = aside.with_name(f"before-{aside.name}") / shard
    torn.write_bytes(torn.read_bytes()[:-1])
    work = Each()
    assert_same(run_entities(aside, "key", IDS, work), whole)
    assert work.asked == [None]


def test_a_chunk_set_aside_that_was_made_from_something_else_is_done_again_whole(aside):
    work = Each()
    run_entities(aside, "another key", IDS, work)
    assert work.asked == [None]


def test_entities_unsettled_before_are_done_again_under_another_key(tmp_path, whole):
    folder = tmp_path / "c" / "chunk-0"
    first = Independent(["w", "i"], "kept", ["b/1"])
    run_entities(folder, "before", first, Each(["b/1"]))
    set_aside(folder)
    work = Each()
    again = run_entities(folder, "after", Independent(["w", "i"], "kept"), work)
    assert work.asked == [frozenset({"b/1"})]
    assert_same(again, whole)
