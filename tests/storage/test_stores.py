"""Stores: one suite for all. A run is visible whole or not at all."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.stores import Publication, TerminalStoreError, open_existing, open_store
from storage.tables import BOOKKEEPING, OUTPUT_TABLES, RUN_STEPS
from tests.lanes import slow
from tests.storage.addresses import EACH_KIND, address_of
from tests.storage.nights import AS_OF, EVERY, JOB, RUN, SOME, night, publication


@pytest.fixture(params=EACH_KIND)
def address(request, tmp_path):
    return address_of(request.param, tmp_path / "store")


@pytest.fixture(scope="module", params=EACH_KIND)
def taken(request, tmp_path_factory):
    """Return the address of a store with a night that nobody may change."""
    folder = tmp_path_factory.mktemp("taken")
    address = address_of(request.param, folder / "store")
    with open_store(address) as store:
        store.publish(publication(folder / "s"))
    return address


def visible(store):
    return {name: store.read(name) for name in store.tables()}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_what_is_published_is_read_back_typed_and_in_order(address, tmp_path):
    """And so every store reads the same."""
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", tables=EVERY))
        assert store.published(RUN)
        for name, frame in night(tables=EVERY).items():
            pd.testing.assert_frame_equal(store.read(name, run_id=RUN), frame)
            pd.testing.assert_frame_equal(store.read(name, as_of=AS_OF), frame)
    with open_store(address) as again:
        assert_same(visible(again), night(tables=EVERY))


def test_rows_are_ordered_by_key_whatever_the_order_of_the_shards(address, tmp_path):
    whole = night()["champions"]
    ours = publication(tmp_path / "s")
    paths = [tmp_path / f"{n}.parquet" for n in range(len(whole))]
    for n, path in enumerate(paths):
        whole.iloc[[len(whole) - 1 - n]].to_parquet(path, index=False)
    with open_store(address) as store:
        store.publish(replace(ours, shards={**ours.shards, "champions": paths}))
        pd.testing.assert_frame_equal(store.read("champions"), whole)


def test_an_empty_store_has_nothing_and_says_so(address):
    with open_store(address) as store:
        assert store.tables() == ()
        assert not store.published(RUN)
        assert store.runs().empty
        for name, table in OUTPUT_TABLES.items():
            pd.testing.assert_frame_equal(store.read(name), table.empty())


def test_a_table_without_shards_is_published_empty(address, tmp_path):
    ours = publication(tmp_path / "s")
    with open_store(address) as store:
        store.publish(replace(ours, shards={**ours.shards, "failures": []}))
        assert "failures" in store.tables()
        assert store.read("failures").empty


def test_publishing_the_same_run_twice_changes_nothing(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        before = visible(store)
        store.publish(publication(tmp_path / "s"))
        assert_same(visible(store), before)


def test_a_newer_run_of_the_same_night_takes_the_place_of_the_older(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", "night-b"))
        for name in store.tables():
            expected = [RUN, "night-b"] if name == "runs" else ["night-b"]
            assert store.read(name)["run_id"].unique().tolist() == expected, name
        assert store.published(RUN)


def test_a_run_published_again_takes_its_place_back(address, tmp_path):
    with open_store(address) as store:
        for folder, run_id in (("1", RUN), ("2", "night-b"), ("3", RUN)):
            store.publish(publication(tmp_path / folder, run_id))
        for name in store.tables():
            expected = [RUN, "night-b"] if name == "runs" else [RUN]
            assert store.read(name)["run_id"].unique().tolist() == expected, name
            pd.testing.assert_frame_equal(store.read(name, run_id=RUN), night()[name])


def test_what_a_newer_run_does_not_name_stays(address, tmp_path):
    first, second = publication(tmp_path / "1"), publication(tmp_path / "2", "night-b")
    named = {name: second.shards[name] for name in ("runs", "champions")}
    with open_store(address) as store:
        store.publish(first)
        store.publish(replace(second, shards=named))
        assert store.read("champions")["run_id"].unique().tolist() == ["night-b"]
        assert store.read("order_plans")["run_id"].unique().tolist() == [RUN]


def test_a_run_beside_a_newer_one_keeps_what_it_says_of_itself_and_no_more(address, tmp_path):
    newer = publication(tmp_path / "2", "night-b")
    with open_store(address) as store:
        for folder, run_id in (("0", "night-0"), ("1", RUN)):
            store.publish(
                replace(publication(tmp_path / folder, run_id), beside=frozenset({"night-0"}))
            )
        store.publish(replace(newer, beside=frozenset({RUN})))
        found = {name: set(store.read(name)["run_id"]) for name in store.tables()}
    assert found.pop("runs") == {"night-0", RUN, "night-b"}
    assert found == {
        name: {RUN, "night-b"} if name in BOOKKEEPING else {"night-b"} for name in found
    }


@pytest.mark.parametrize(
    ("job", "as_of"), [("another job", AS_OF), (JOB, date(2026, 1, 2)), slow("a/b=..", AS_OF)]
)
def test_nights_and_jobs_stand_side_by_side(address, tmp_path, job, as_of):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", "night-b", as_of, job))
        for name in store.tables():
            assert store.read(name)["run_id"].unique().tolist() == [RUN, "night-b"], name
            assert store.read(name, run_id="night-b")["run_id"].unique().tolist() == ["night-b"]
        expected = [RUN, "night-b"] if as_of == AS_OF else [RUN]
        assert store.read("champions", as_of=AS_OF)["run_id"].unique().tolist() == expected


def test_a_published_run_may_bring_one_table_up_to_date(address, tmp_path):
    path = tmp_path / "steps.parquet"
    steps = night()["run_steps"].assign(seconds=9.0)
    steps.to_parquet(path, index=False)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        store.publish(Publication(RUN, AS_OF, JOB, {RUN_STEPS.name: [path]}))
        assert_same(visible(store), {**night(), "run_steps": steps})


def test_a_run_that_runs_does_not_know_is_refused(address, tmp_path):
    ours = publication(tmp_path / "s")
    without = {name: paths for name, paths in ours.shards.items() if name != "runs"}
    with open_store(address) as store:
        with pytest.raises(TerminalStoreError, match="must have a row in runs"):
            store.publish(replace(ours, shards=without))
        with pytest.raises(TerminalStoreError, match="must have one row, of job 'other'"):
            store.publish(replace(ours, job="other"))
        assert store.tables() == ()


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("order_plans", {"order_quantity": -1.0}, "order_quantity = -1.0; it must be given and"),
        ("portfolio_risk", {"method": "guess"}, "one of historical, filtered_historical, gaussian"),
        ("champions", {"model": None}, "champions: 3 rows have model = None"),
        ("market_outlook", {"volatility": np.inf}, "finite"),
        ("market_outlook", {"volatility": np.nan}, "volatility"),
        ("market_outlook", {"close": 0.0}, "above zero"),
        ("forecast_accuracy", {"coverage_80": 1.5}, "at most 1"),
        ("forecast_accuracy", {"windows": 1.5}, "windows must be of type integer; got 1.5"),
        ("champions", {"score": "high"}, "score must be of type float; got 'high'"),
        ("champions", {"surprise": 1}, "champions.parquet has unknown 'surprise'"),
        ("champions", {"run_id": "night-x"}, "row of run night-x"),
        ("champions", {"as_of": pd.Timestamp("2026-01-09")}, "as of 2026-01-09"),
    ],
)
def test_a_row_that_breaks_its_table_refuses_the_whole_run(taken, tmp_path, table, change, says):
    broken = night("night-b", tables=EVERY)[table].assign(**change)
    with open_store(taken) as store:
        with pytest.raises(TerminalStoreError, match=says) as refusal:
            store.publish(publication(tmp_path / "2", "night-b", **{table: broken}))
        assert table in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert not store.published("night-b")
        assert_same(visible(store), night())


def test_a_repeated_key_refuses_the_run_and_is_named(address, tmp_path):
    twice = pd.concat([night()["champions"]] * 2)
    with (
        open_store(address) as store,
        pytest.raises(TerminalStoreError, match="warehouse_id 0/item_id 0"),
    ):
        store.publish(publication(tmp_path / "1", champions=twice))


def test_an_unknown_table_is_refused(address, tmp_path):
    ours = publication(tmp_path / "s")
    with open_store(address) as store, pytest.raises(TerminalStoreError, match="'tulips' is not"):
        store.publish(replace(ours, shards={"tulips": ours.shards["champions"]}))
    with open_store(address) as store, pytest.raises(TerminalStoreError, match="'tulips' is not"):
        store.read("tulips")


@pytest.mark.parametrize("which", [[0], [0, 1], [1]])
def test_a_shard_that_lacks_a_column_is_refused_whichever_it_is(address, tmp_path, which):
    ours = publication(tmp_path / "s")
    frame = night()["champions"]
    paths = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for n, path in enumerate(paths):
        part = frame.iloc[[n]]
        (part.drop(columns="score") if n in which else part).to_parquet(path, index=False)
    with open_store(address) as store, pytest.raises(TerminalStoreError, match="lacks 'score'"):
        store.publish(replace(ours, shards={**ours.shards, "champions": paths}))


def test_a_shard_that_is_missing_or_cut_short_is_refused(address, tmp_path):
    ours = publication(tmp_path / "s")
    path = ours.shards["champions"][0]
    with open_store(address) as store:
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(TerminalStoreError, match="table champions"):
            store.publish(ours)
        path.unlink()
        with pytest.raises(TerminalStoreError, match="table champions"):
            store.publish(ours)
        assert store.tables() == ()


def test_a_path_is_never_a_pattern(address, tmp_path):
    folder = tmp_path / "it's [1] *"
    with open_store(address.replace("store", "st[o]re*")) as store:
        store.publish(publication(folder))
        (folder / "decoy.parquet").write_bytes(b"")
        assert_same(visible(store), night())


@pytest.mark.parametrize("scheme", EACH_KIND)
@pytest.mark.parametrize("dies_at", [slow(1), 3, slow(len(SOME))])
def test_a_crash_between_tables_leaves_the_old_night(tmp_path, monkeypatch, scheme, dies_at):
    address = address_of(scheme, tmp_path / "store")
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
    with open_store(address) as store:
        calls = []
        name = {"parquet": "_write", "memory": "_write", "bigquery": "_load"}.get(
            scheme, "_replace"
        )
        whole = getattr(type(store), name)

        def dying(self, *arguments):
            calls.append(1)
            if len(calls) == dies_at:
                raise KeyboardInterrupt
            return whole(self, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(type(store), name, dying)
            with pytest.raises(KeyboardInterrupt):
                store.publish(publication(tmp_path / "2", "night-b"))
        assert_same(visible(store), night())
    with open_store(address) as store:
        assert_same(visible(store), night())
        store.publish(publication(tmp_path / "2", "night-b"))
        assert store.published("night-b")


@pytest.mark.parametrize("address", ["mysql:x", "duckdb:", "nothing"])
def test_an_unknown_address_lists_those_there_are(address):
    with pytest.raises(
        TerminalStoreError, match=r"duckdb:PATH, parquet:PATH, postgresql.* or bigquery"
    ):
        open_store(address)


@pytest.mark.parametrize("scheme", ["duckdb", "parquet"])
def test_a_place_where_no_store_can_be_is_refused(tmp_path, scheme):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(TerminalStoreError, match="file"):
        open_store(f"{scheme}:{tmp_path / 'file' / 'store'}")


@pytest.mark.parametrize("scheme", ["duckdb", "parquet"])
def test_what_is_not_there_is_not_opened_to_be_read_and_not_made(tmp_path, scheme):
    mistyped = f"{scheme}:{tmp_path / 'stor'}"
    with pytest.raises(TerminalStoreError, match=f"store {mistyped}: there is none"):
        open_existing(mistyped)
    assert not any(tmp_path.iterdir())


def test_a_store_that_is_there_is_opened_to_be_read(taken):
    with open_existing(taken) as store:
        assert store.published(RUN)


hostile_text = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=9
)


@pytest.mark.parametrize("scheme", EACH_KIND)
@given(names=st.lists(hostile_text, min_size=1, max_size=4, unique=True), run_id=hostile_text)
@example(names=[" ", "tea "], run_id=" night")
@settings(max_examples=15)
def test_whatever_an_id_or_a_job_is_called_it_is_only_a_name(
    scheme, names, run_id, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("names")
    row = night(run_id, job=names[0])["champions"].iloc[[0]]
    champions = pd.concat([row.assign(item_id=name) for name in names], ignore_index=True)
    with open_store(address_of(scheme, folder / "store")) as store:
        named = publication(
            folder / "s", run_id, job=names[0], tables=["runs"], champions=champions
        )
        store.publish(named)
        assert store.published(run_id)
        assert sorted(store.read("champions", run_id=run_id)["item_id"]) == sorted(names)


def test_a_store_of_an_older_version_keeps_its_rows_and_takes_new_ones(
    address, tmp_path, monkeypatch
):
    """A column that came since is null in rows from before, and in no other."""
    now = OUTPUT_TABLES["champions"]
    new = {"score", "reason"}
    older = replace(now, columns=tuple(c for c in now.columns if c.name not in new))
    with monkeypatch.context() as patch:
        patch.setitem(OUTPUT_TABLES, "champions", older)
        with open_store(address) as store:
            store.publish(publication(tmp_path / "old"))
            before = store.read("champions")
    with open_store(address) as store:
        read = store.read("champions", run_id=RUN)
        pd.testing.assert_frame_equal(older.typed(read), before)
        assert read[sorted(new)].isna().all(axis=None)
        later = date(2026, 1, 2)
        store.publish(publication(tmp_path / "new", "night-b", later))
        expected = night("night-b", later)["champions"]
        pd.testing.assert_frame_equal(store.read("champions", run_id="night-b"), expected)
        pd.testing.assert_frame_equal(store.read("champions", run_id=RUN), read)
