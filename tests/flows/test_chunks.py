"""Chunks: done once, never trusted when torn, and the same whoever else is there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.run import (
    ChunkWork,
    Failed,
    assign_chunks,
    assign_groups,
    entity_words,
    find_chunk,
    number_of_chunks,
    run_chunk,
)

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
