"""Champions that last: stored beside fitted models, kept by a night while they hold."""

import shutil

import numpy as np
import pandas as pd
import pytest

from flows.errors import JobRefusedError, ModelsRefusedError
from flows.run import (
    CHAMPIONS,
    MODELS,
    list_versions,
    promote,
    read_champion,
    read_manifest,
    read_models,
    remove_old_versions,
    roll_back,
    store_version,
)
from flows.steps.version_tables import read_frame
from forecasting import Choices
from tests.flows.kept import DAYS, JOB, night_of, run_night
from tests.flows.test_registry import call, models, without
from tests.lanes import slow
from tests.survival.plain import run_plain

KEEPING = JOB.replace("calibrate = false", "calibrate = true").replace(
    "[demand.registry]", "[demand.registry]\nchampions_for = 28"
)
IDS = ["warehouse_id", "item_id"]


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory):
    """A folder after two nights that keep champions, and what they published."""
    folder = tmp_path_factory.mktemp("kept") / "job"
    nights = [run_night(folder, days, text=KEEPING) for days in (DAYS, DAYS + 1)]
    return folder, *nights


@pytest.fixture
def copied(two_nights, tmp_path):
    shutil.copytree(two_nights[0], tmp_path / "job")
    return tmp_path / "job"


def newest(folder):
    """Return the champion's manifest."""
    return read_manifest(models(folder), read_champion(models(folder)))


def published(night, name, *, without_run=True):
    table = night[2][name]
    return table.drop(columns=["run_id", "as_of"]) if without_run else table


def test_a_version_holds_the_champions_that_the_night_published(two_nights):
    folder, first, _ = two_nights
    _, oldest = list_versions(models(folder))
    assert oldest[1]["champions"] == 6
    assert oldest[1]["champion_counts"] == {"new": 6}
    frame = read_frame(models(folder), oldest[0], CHAMPIONS)
    columns = [*IDS, "model", "demand_class", "score", "autocorrelation"]
    pd.testing.assert_frame_equal(
        frame[columns], published(first, "champions")[columns], check_exact=True
    )
    assert set(frame["chosen_on"]) == {pd.Timestamp(first[1].as_of)}
    choices = Choices.from_frame(frame)
    assert choices.weights.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    weights = published(first, "forecast_weights").set_index([*IDS, "model"])["weight"]
    for number, place in np.argwhere(choices.weights > 0.0):
        key = (*frame.loc[number, IDS], choices.members[place][number])
        assert weights[key] == choices.weights[number, place]
    assert len(weights) == (choices.weights > 0.0).sum()


def test_the_champions_of_versions_are_listed(two_nights):
    listed = " ".join(call("models", "list", models(two_nights[0])).output.split())
    assert "6 6 6 new; champions: 6 new" in listed
    assert "champions: 0 absent, 0 gone, 6 kept" in listed


def test_the_next_night_keeps_models_weights_scores_and_calibration(two_nights):
    folder, first, second = two_nights
    assert newest(folder)["champion_counts"] == {"absent": 0, "gone": 0, "kept": 6}
    for name in ("forecast_weights", "forecast_coverage"):
        pd.testing.assert_frame_equal(published(second, name), published(first, name))
    assert len(published(second, "forecast_coverage"))
    told, was = published(second, "champions"), published(first, "champions")
    same = ["model", "distribution", "score", "autocorrelation"]
    pd.testing.assert_frame_equal(told[same], was[same])
    assert told["reason"].str.endswith(f"on {first[1].as_of}, kept").all()
    assert (told["history_length"] == was["history_length"] + 1).all()
    assert newest(folder)["calibrated_on"] == first[1].as_of.isoformat()
    scored = published(second, "forecast_accuracy")
    assert len(scored.merge(told[[*IDS, "model"]])) == 6


def test_a_job_that_chooses_every_night_stores_champions_and_takes_none(copied):
    text = KEEPING.replace("champions_for = 28", "")
    _, _, tables = run_night(copied, DAYS + 2, text=text)
    assert not tables["champions"]["reason"].str.contains("kept").any()
    assert (newest(copied)["champions"], newest(copied)["champion_counts"]) == (6, {})
    assert newest(copied)["calibrated_on"] == newest(copied)["as_of"]


def test_champions_and_calibration_age_together(copied):
    text = KEEPING.replace("champions_for = 28", "champions_for = 2")
    _, run, tables = run_night(copied, DAYS + 2, text=text)
    assert newest(copied)["champion_counts"] == {"absent": 0, "aged": 6, "gone": 0}
    assert newest(copied)["calibrated_on"] == run.as_of.isoformat()
    assert not tables["champions"]["reason"].str.contains("kept").any()


def test_a_changed_history_has_its_champion_chosen_anew(copied):
    def restate(frame):
        frame.loc[20, "quantity"] += 5
        return frame

    _, run, _ = run_night(copied, DAYS + 2, change=restate, text=KEEPING)
    assert newest(copied)["champion_counts"] == {"absent": 0, "changed": 1, "gone": 0, "kept": 5}
    frame = read_frame(models(copied), read_champion(models(copied)), CHAMPIONS)
    anew = frame["chosen_on"] == pd.Timestamp(run.as_of)
    assert frame.loc[anew, "item_id"].tolist() == ["item0"]


def test_another_line_up_chooses_anew_and_calibrates(copied):
    text = KEEPING.replace('"SeasonalNaive"]', '"SeasonalNaive", "WindowAverage"]')
    _, run, _ = run_night(copied, DAYS + 2, text=text)
    assert newest(copied)["champion_counts"] == {"absent": 0, "asked otherwise": 6, "gone": 0}
    assert newest(copied)["calibrated_on"] == run.as_of.isoformat()


def test_a_series_that_misses_a_night_has_its_champion_when_it_comes_again(copied):
    run_night(copied, DAYS + 2, change=without("item3"), text=KEEPING)
    assert newest(copied)["champion_counts"] == {"absent": 1, "gone": 0, "kept": 5}
    assert newest(copied)["champions"] == 6
    run_night(copied, DAYS + 3, text=KEEPING)
    assert newest(copied)["champion_counts"] == {"absent": 0, "gone": 0, "kept": 6}


@pytest.mark.slow
def test_versions_with_champions_do_not_depend_on_chunks(two_nights, tmp_path):
    for days in (DAYS, DAYS + 1):
        run_night(tmp_path / "job", days, text=KEEPING, chunk=1)
    assert read_champion(models(tmp_path / "job")) == read_champion(models(two_nights[0]))


def test_a_rolled_back_registry_gives_the_older_champions(copied):
    run_night(copied, DAYS + 2, text=KEEPING.replace("champions_for = 28", "champions_for = 1"))
    left, back = roll_back(models(copied))
    assert left != back
    _, _, tables = run_night(copied, DAYS + 3, text=KEEPING)
    first = read_manifest(models(copied), back)["calibrated_on"]
    assert tables["champions"]["reason"].str.endswith(f"on {first}, kept").all()


LEARNT = ("calibration_levels.parquet", "model_weighings.parquet", "error_dependence.parquet")


@pytest.mark.parametrize("name", [CHAMPIONS, *LEARNT])
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_torn_champions_are_refused_by_name_and_not_promoted(copied, name, harm):
    version = read_champion(models(copied))
    path = models(copied) / f"v={version}" / name
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelsRefusedError, match=name):
        run_plain(night_of(copied, DAYS + 2, text=KEEPING))
    with pytest.raises(ModelsRefusedError, match=name):
        promote(models(copied), version)


def test_a_version_without_champions_has_every_one_chosen(copied):
    version = read_champion(models(copied))
    manifest = read_manifest(models(copied), version)
    theirs = (
        "files",
        "champions",
        "champion_counts",
        "champion_members",
        "calibrated_on",
        "calibration_settings",
    )
    facts = {name: fact for name, fact in manifest.items() if name not in theirs}
    older = store_version(models(copied), {MODELS: read_models(models(copied), version)}, facts)
    promote(models(copied), older)
    _, run, _ = run_night(copied, DAYS + 2, text=KEEPING)
    assert run.models == older
    assert newest(copied)["champion_counts"] == {"new": 6}
    assert newest(copied)["calibrated_on"] == run.as_of.isoformat()


@pytest.mark.parametrize("lacking", [LEARNT[1], slow(LEARNT[2])])
def test_champions_with_room_for_other_members_and_calibrations_without_a_part_are_learnt_anew(
    copied, lacking
):
    version = read_champion(models(copied))
    manifest = read_manifest(models(copied), version)
    files = {
        name: read_models(models(copied), version, name)
        for name in manifest["files"]
        if name != lacking
    }
    facts = {name: fact for name, fact in manifest.items() if name != "files"}
    older = store_version(models(copied), files, {**facts, "champion_members": 3})
    promote(models(copied), older)
    _, run, _ = run_night(copied, DAYS + 2, text=KEEPING)
    assert newest(copied)["champion_counts"] == {"new": 6}
    assert newest(copied)["calibrated_on"] == run.as_of.isoformat()


def test_champions_of_series_without_fitted_models_are_kept_too(tmp_path):
    def rarely(frame):
        fifth = pd.to_datetime(frame["ds"]).dt.dayofyear % 5 == 0
        return frame.assign(quantity=frame["quantity"].where(fifth, 0))

    for days in (DAYS, DAYS + 1):
        run_night(tmp_path / "job", days, change=rarely, text=KEEPING)
    manifest = newest(tmp_path / "job")
    assert (manifest["series"], manifest["champions"]) == (0, 6)
    assert manifest["champion_counts"] == {"absent": 0, "gone": 0, "kept": 6}


def test_champions_of_old_versions_are_removed_with_their_models(copied):
    newest_name, oldest_name = (name for name, _ in list_versions(models(copied)))
    store_version(models(copied), {MODELS: b""}, {"as_of": "2025-01-01", "before": newest_name})
    promote(models(copied), list_versions(models(copied))[0][0], by_hand=False)
    assert remove_old_versions(models(copied), 1) == [oldest_name]
    left = [path.name for path in (models(copied) / f"v={oldest_name}").iterdir()]
    assert left == ["manifest.json"]


def test_champions_for_no_period_are_refused(tmp_path):
    text = KEEPING.replace("champions_for = 28", "champions_for = 0")
    with pytest.raises(JobRefusedError, match=r"champions_for.*greater than or equal to 1"):
        night_of(tmp_path / "job", DAYS, text=text)
