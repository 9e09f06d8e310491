"""Models that last: stored after the night is out, taken by the next, refused where torn."""

import json
import shutil
import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.errors import JobRefusedError, ModelsRefusedError
from flows.run import (
    MODELS,
    list_versions,
    prepare_run,
    promote,
    read_champion,
    read_manifest,
    read_models,
    remove_old_versions,
    roll_back,
    store_version,
    version_for,
)
from flows.spec import DemandPlan, RegistrySpec
from flows.spec.plans import Lasting
from flows.steps import publish
from flows.steps.model_folder import store_model
from flows.steps.version_tables import read_frame
from forecasting import LASTING, RefitRules, SeriesStates, find_lasting
from forecasting.drivers import DriverPipeline
from forecasting.models import Seasons
from forecasting.models.global_model import FeatureRecipe
from forecasting.training import TrainedTexts
from storage.stores import StorageError
from tests.flows.kept import DAYS, JOB, night_of, run_night
from tests.survival.plain import run_plain

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "models.md"
COLUMNS = ["warehouse_id", "item_id", "ds", "model", "mean", "q10", "q90"]


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory):
    """A folder after two nights, and what they published."""
    folder = tmp_path_factory.mktemp("kept") / "job"
    return folder, run_night(folder, DAYS), run_night(folder, DAYS + 1)


@pytest.fixture
def copied(two_nights, tmp_path):
    shutil.copytree(two_nights[0], tmp_path / "job")
    return tmp_path / "job"


def models(folder):
    return folder / "models" / "states"


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_night_leaves_its_models_and_the_next_rolls_them_forward(two_nights):
    folder, (_, first, _), (outcome, second, tables) = two_nights
    newest, oldest = list_versions(models(folder))
    assert read_champion(models(folder)) == newest[0]
    assert newest[1]["before"] == second.models == oldest[0]
    assert (first.models, oldest[1]["before"]) == ("", None)
    assert oldest[1]["counts"] == {"new": 6}
    counts = newest[1]["counts"]
    assert (counts.pop("gone"), counts.pop("absent")) == (0, 0)
    assert sum(counts.values()) == 6
    assert set(counts) <= {"rolled", "run again"}
    assert outcome.exit_code == 0
    assert tables["run_steps"]["step"].tolist()[-2:] == ["keep", "report"]
    assert not len(tables["failures"])


def test_a_version_says_what_it_is_made_of(two_nights):
    folder, _, (_, run, _) = two_nights
    manifest = read_manifest(models(folder), read_champion(models(folder)))
    assert manifest["run_id"] == run.run_id
    assert manifest["as_of"] == run.as_of.isoformat()
    assert {"code", "libraries", "layout", "job", "frequency", "season_length"} <= set(manifest)
    frame = read_frame(models(folder), "".join(run.models))
    states = SeriesStates.from_frame(frame, find_lasting("AutoETS").none(Seasons(7, 365.25)))
    assert len(states) == manifest["series"] == 6


def test_the_same_night_twice_is_the_same_run_whatever_was_stored_meanwhile(copied):
    job = night_of(copied, DAYS + 1)
    before = prepare_run(job).run_id
    champion = read_champion(models(copied))
    assert run_plain(job).already_published
    assert read_champion(models(copied)) == champion
    promote(models(copied), str(read_manifest(models(copied), champion)["before"]))
    assert prepare_run(job).run_id == before


def test_a_night_that_takes_other_models_is_another_run(copied):
    job = night_of(copied, DAYS + 2)
    before = prepare_run(job).run_id
    roll_back(models(copied))
    assert prepare_run(job).run_id != before


def test_forecasts_and_versions_do_not_depend_on_chunks(two_nights, tmp_path):
    folder, *_ = two_nights
    run_night(tmp_path / "job", DAYS, chunk=1)
    _, _, tables = run_night(tmp_path / "job", DAYS + 1, chunk=1)
    theirs = two_nights[2][2]["demand_forecasts"][COLUMNS]
    ours = tables["demand_forecasts"][COLUMNS]
    order = ["warehouse_id", "item_id", "ds"]
    pd.testing.assert_frame_equal(
        ours.sort_values(order, ignore_index=True),
        theirs.sort_values(order, ignore_index=True),
        check_exact=True,
    )
    assert read_champion(models(tmp_path / "job")) == read_champion(models(folder))


def test_a_first_night_publishes_what_one_without_a_registry_does(two_nights, tmp_path):
    _, _, tables = run_night(tmp_path / "job", DAYS, text=JOB.replace("[demand.registry]\n", ""))
    assert not (tmp_path / "job" / "models").exists()
    pd.testing.assert_frame_equal(
        tables["demand_forecasts"][COLUMNS],
        two_nights[1][2]["demand_forecasts"][COLUMNS],
        check_exact=True,
    )


def test_a_changed_history_is_fitted_again_and_told(copied):
    def restate(frame):
        frame.loc[20, "quantity"] += 5
        return frame

    _, _, tables = run_night(copied, DAYS + 2, change=restate)
    repairs = tables["repairs"]
    told = repairs[repairs["code"] == "history_changed"]
    assert told["entity"].tolist() == ["w0/item0"]
    counts = read_manifest(models(copied), read_champion(models(copied)))["counts"]
    assert counts["changed"] == 1


def test_series_that_left_and_came_are_counted(copied):
    def swap(frame):
        frame = frame[frame["item_id"] != "item3"]
        return frame.replace({"item_id": {"item4": "item9"}})

    run_night(copied, DAYS + 2, change=swap)
    counts = read_manifest(models(copied), read_champion(models(copied)))["counts"]
    assert (counts["absent"], counts["gone"], counts["new"]) == (2, 0, 1)


def without(item):
    return lambda frame: frame[frame["item_id"] != item]


def test_a_series_that_misses_a_night_is_rolled_on_when_it_comes_again(copied, tmp_path):
    shutil.copytree(copied, tmp_path / "whole")
    for days in (DAYS + 2, DAYS + 3):
        run_night(copied, days, change=without("item3"))
    _, _, tables = run_night(copied, DAYS + 4)
    counts = read_manifest(models(copied), read_champion(models(copied)))["counts"]
    assert (counts["absent"], counts["gone"]) == (0, 0)
    assert "new" not in counts
    # The night that saw it every time forecasts it by the same model, rolled over the same days.
    for days in (DAYS + 2, DAYS + 3):
        run_night(tmp_path / "whole", days)
    _, _, whole = run_night(tmp_path / "whole", DAYS + 4)
    for theirs, ours in zip(*(_of_item(each, "item3") for each in (whole, tables)), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12)


def _of_item(tables, item):
    forecasts = tables["demand_forecasts"]
    return forecasts.loc[forecasts["item_id"] == item, ["mean", "q10", "q90"]].to_numpy()


def test_a_series_that_stays_away_is_gone_after_the_nights_that_the_job_says(copied):
    text = JOB.replace("[demand.registry]", "[demand.registry]\nabsent = 2")
    told = []
    for days in range(DAYS + 2, DAYS + 5):
        run_night(copied, days, change=without("item3"), text=text)
        manifest = read_manifest(models(copied), read_champion(models(copied)))
        told.append((manifest["counts"]["absent"], manifest["counts"]["gone"], manifest["series"]))
    assert told == [(1, 0, 6), (1, 0, 6), (0, 1, 5)]


def test_the_same_night_again_counts_the_nights_away_once(copied):
    run_night(copied, DAYS + 2, change=without("item3"))
    champion = read_champion(models(copied))
    frame = read_frame(models(copied), champion)
    assert frame.set_index("item_id")["nights_absent"].to_dict()["item3"] == 1
    run_plain(night_of(copied, DAYS + 2, change=without("item3")))
    assert read_champion(models(copied)) == champion


def stored(folder, nights):
    """Store and promote a version for each night, and return their names."""
    names, before = [], None
    for night in range(nights):
        facts = {"as_of": f"2024-01-{night + 1:02d}", "before": before, "series": 1}
        before = store_version(folder, {MODELS: b"models of a night"}, facts)
        promote(folder, before, by_hand=False)
        names.append(before)
    return names


def with_models(folder):
    return {path.parent.name[2:] for path in folder.glob("v=*/models.parquet")}


def test_models_of_old_versions_are_removed_and_their_manifests_stay(tmp_path):
    names = stored(tmp_path, 5)
    assert set(remove_old_versions(tmp_path, 2)) == set(names[:3])
    assert with_models(tmp_path) == set(names[3:])
    assert [name for name, _ in list_versions(tmp_path)] == names[::-1]
    assert version_for(tmp_path, date(2024, 1, 3)) == names[1]
    with pytest.raises(ModelsRefusedError, match=f"{names[1]}.*keep"):
        read_models(tmp_path, names[1])
    with pytest.raises(ModelsRefusedError, match=r"models\.parquet is gone"):
        promote(tmp_path, names[1])


@pytest.mark.parametrize("keep", [1, 2])
def test_the_champion_and_what_was_rolled_back_to_keep_their_models(tmp_path, keep):
    names = stored(tmp_path, 4)
    assert roll_back(tmp_path) == (names[3], names[2])
    facts = {"as_of": "2024-01-09", "before": names[2], "series": 1}
    for night in range(9, 13):
        latest = store_version(
            tmp_path, {MODELS: b"later"}, {**facts, "as_of": f"2024-01-{night:02d}"}
        )
        promote(tmp_path, latest, by_hand=False)
        facts["before"] = latest
        remove_old_versions(tmp_path, keep)
        kept = with_models(tmp_path)
        assert {latest, names[2], read_manifest(tmp_path, latest)["before"]} <= kept
        assert len(kept) <= max(keep, 2) + 1
    assert roll_back(tmp_path)[1] in with_models(tmp_path)


def test_a_night_removes_what_its_job_does_not_keep(copied):
    text = JOB.replace("[demand.registry]", "[demand.registry]\nkeep = 1")
    first = list_versions(models(copied))[1][0]
    run_night(copied, DAYS + 2, text=text)
    assert first not in with_models(models(copied))
    assert len(with_models(models(copied))) == 2


def test_a_lost_champion_is_refused_and_mended_by_promoting(copied):
    folder = models(copied)
    champion = read_champion(folder)
    (folder / "champion.json").unlink()
    job = night_of(copied, DAYS + 2)
    with pytest.raises(ModelsRefusedError, match=r"champion\.json is gone.*almanac models promote"):
        run_plain(job)
    listed = call("models", "list", folder)
    assert (listed.exit_code, champion in listed.output) == (0, True)
    assert call("models", "rollback", folder).exit_code == 2
    assert call("models", "promote", folder, champion).exit_code == 0
    assert prepare_run(job).models == champion


def test_a_version_without_a_champion_is_no_loss_before_the_first_is_promoted(tmp_path):
    facts = {"as_of": "2024-01-31", "before": None}
    store_version(tmp_path, {MODELS: b"content"}, facts)
    assert read_champion(tmp_path) is None
    assert version_for(tmp_path, date(2024, 3, 1)) is None


def test_a_night_that_publishes_nothing_leaves_no_version(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise StorageError("the store is gone")

    job = night_of(tmp_path / "job", DAYS)
    with monkeypatch.context() as patched:
        patched.setattr(publish, "_to_store", refuse)
        with pytest.raises(StorageError):
            run_plain(job)
    assert not (tmp_path / "job" / "models").exists()
    assert run_plain(job).exit_code == 0
    assert read_champion(models(tmp_path / "job")) is not None


def test_a_night_before_the_champions_does_not_unseat_it(copied):
    champion = read_champion(models(copied))
    run_night(copied, DAYS - 3)
    assert read_champion(models(copied)) == champion
    assert len(list_versions(models(copied))) == 3


@pytest.mark.parametrize("name", ["models.parquet", "manifest.json", "champion.json"])
@pytest.mark.parametrize("harm", ["cut", "gone", "other"])
def test_what_is_torn_or_foreign_is_refused_by_name(copied, name, harm):
    version = read_champion(models(copied))
    path = models(copied) / ("" if name == "champion.json" else f"v={version}") / name
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        path.write_bytes(
            path.read_bytes().replace(b"2024", b"2023").replace(version.encode(), b"x")
        )
    if name == "models.parquet" and harm == "other":
        path.write_bytes(b"PAR1" + path.read_bytes()[4:-4] + b"RAP1")
    job = night_of(copied, DAYS + 2)
    before = sorted(models(copied).rglob("*"))
    with pytest.raises(ModelsRefusedError) as refused:
        run_plain(job)
    assert name in str(refused.value) or "no such version" in str(refused.value)
    assert refused.value.exit_code == 2
    assert sorted(models(copied).rglob("*")) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "kept"', 'name = "other"', "job is 'kept', and the run has 'other'"),
        (
            "horizon = 7",
            "horizon = 7\nseason_length = 14",
            "season_length is 7, and the run has 14",
        ),
    ],
)
def test_models_of_another_job_or_season_are_refused(copied, old, new, message):
    job = night_of(copied, DAYS + 2, text=JOB.replace(old, new))
    with pytest.raises(ModelsRefusedError, match=message):
        run_plain(job)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"AutoETS", ', "", "no class of line_up names AutoETS"),
        ("horizon = 7", "horizon = 7\nhistory = 100", "registry needs whole histories"),
        ("[demand.registry]", "[demand.registry]\ndrift = 0", "greater than 0"),
        ("[demand.registry]", '[demand.registry]\nmodels = ["IMAPA"]', "registry.models"),
        (
            "[demand.registry]",
            '[demand.registry]\nmodels = ["AutoETS", "Theta"]',
            "no class of line_up names Theta",
        ),
    ],
)
def test_a_registry_that_could_keep_nothing_is_refused(tmp_path, old, new, message):
    with pytest.raises(JobRefusedError, match=message):
        night_of(tmp_path / "job", DAYS, text=JOB.replace(old, new))


def test_a_job_that_leaves_the_rules_out_has_those_of_the_forecast():
    spec, rules = RegistrySpec(), RefitRules()
    assert (spec.drift, spec.periods) == (rules.drift, rules.periods)
    assert get_args(Lasting) == LASTING


def test_versions_are_listed_promoted_and_rolled_back_by_command(copied):
    folder = models(copied)
    newest, oldest = (name for name, _ in list_versions(folder))
    listed = call("models", "list", folder)
    assert listed.exit_code == 0
    assert f"* {newest}" in " ".join(listed.output.split())
    assert "6 new" in listed.output
    assert call("models", "rollback", folder).exit_code == 0
    assert read_champion(folder) == oldest
    refused = call("models", "rollback", folder)
    assert refused.exit_code == 2
    assert "no version before it" in refused.output
    assert call("models", "promote", folder, newest).exit_code == 0
    assert read_champion(folder) == newest


def test_the_examples_of_the_documentation_run(copied, monkeypatch):
    text = DOCUMENTATION.read_text(encoding="utf-8")
    spec = tomllib.loads(text.split("```toml\n")[1].split("```")[0])["demand"]
    assert DemandPlan.model_validate(spec).registry == RegistrySpec()
    monkeypatch.chdir(copied)
    newest = read_champion(models(copied))
    lines = text.split("```sh\n")[1].split("```")[0].replace("3f2a90c1d7be", newest).splitlines()
    for line in lines:
        words = line.partition("#")[0].split()
        result = call(*words[1:])
        assert result.exit_code == 0, (line, result.output)
    assert (len(lines), read_champion(models(copied))) == (3, newest)


def test_versions_of_a_global_model_are_listed_and_promoted_too(tmp_path):
    recipe = FeatureRecipe("D", 7, 365.25, 14, (), ("",))
    periods = np.array([100])
    trained = TrainedTexts(recipe, periods, ("no trees",), periods)
    pipeline = DriverPipeline("D", 14, (), ())
    version = store_model(tmp_path, trained, pipeline, {"as_of": "2024-01-31", "series": 3})
    listed = call("models", "list", tmp_path)
    assert f"* {version} 2024-01-31 3" in " ".join(listed.output.split())
    assert call("models", "promote", tmp_path, version).exit_code == 0
    assert read_champion(tmp_path) == version
    assert "no version before it" in call("models", "rollback", tmp_path).output
    (tmp_path / f"v={version}" / "trees-0.txt").write_text("other trees")
    assert "trees-0.txt" in call("models", "promote", tmp_path, version).output


def test_a_torn_or_unknown_version_is_not_promoted(copied):
    folder = models(copied)
    champion = read_champion(folder)
    oldest = list_versions(folder)[1][0]
    (folder / f"v={oldest}" / "models.parquet").write_bytes(b"PAR1")
    for version in (oldest, "0123456789ab"):
        refused = call("models", "promote", folder, version)
        assert refused.exit_code == 2
        assert version in refused.output
    assert read_champion(folder) == champion


def test_the_names_for_a_line_up_are_still_listed():
    assert "AutoETS" in call("models").output.splitlines()


def keeping(*names):
    """Return the job that keeps several models, the others of its line-up fitted as ever."""
    told = ", ".join(f'"{name}"' for name in names)
    line_up = '["AutoETS", "DynamicOptimizedTheta", "SimpleExponentialSmoothing", '
    job = JOB.replace('["AutoETS", ', line_up)
    return job.replace("[demand.registry]", f"[demand.registry]\nmodels = [{told}]")


SEVERAL = ("AutoETS", "DynamicOptimizedTheta", "SimpleExponentialSmoothing")


@pytest.fixture(scope="module")
def several_nights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several") / "job"
    text = keeping(*SEVERAL)
    return folder, run_night(folder, DAYS, text=text), run_night(folder, DAYS + 1, text=text)


def test_several_models_of_a_series_are_left_and_rolled_forward(several_nights):
    folder, _, (outcome, run, tables) = several_nights
    manifest = read_manifest(models(folder), read_champion(models(folder)))
    assert outcome.exit_code == 0
    assert not len(tables["failures"])
    assert set(manifest["others"]) == set(SEVERAL[1:])
    of_all = [manifest["counts"], *(each["counts"] for each in manifest["others"].values())]
    for counts in of_all:
        assert set(counts) <= {"rolled", "run again", "drifted", "absent", "gone"}
        assert (sum(counts.values()), counts["absent"], counts["gone"]) == (6, 0, 0)
    files = {"models.parquet", *(f"models-{name}.parquet" for name in SEVERAL[1:])}
    assert files <= set(manifest["files"])
    for name in SEVERAL[1:]:
        frame = read_frame(models(folder), "".join(run.models), f"models-{name}.parquet")
        states = SeriesStates.from_frame(frame, find_lasting(name).none(Seasons(7, 365.25)))
        assert len(states) == 6
    told = " ".join(call("models", "list", models(folder)).output.split())
    assert "DynamicOptimizedTheta: " in told


@pytest.mark.slow
def test_several_models_do_not_depend_on_chunks(several_nights, tmp_path):
    folder, *_ = several_nights
    for days in (DAYS, DAYS + 1):
        run_night(tmp_path / "job", days, text=keeping(*SEVERAL), chunk=1)
    assert read_champion(models(tmp_path / "job")) == read_champion(models(folder))


@pytest.mark.slow
def test_a_first_night_that_keeps_several_models_publishes_what_one_without_does(
    several_nights, tmp_path
):
    text = keeping(*SEVERAL)
    plain = text[: text.index("[demand.registry]")] + text[text.index("[execution]") :]
    _, _, tables = run_night(tmp_path / "job", DAYS, text=plain)
    ours = several_nights[1][2]["demand_forecasts"][COLUMNS]
    pd.testing.assert_frame_equal(tables["demand_forecasts"][COLUMNS], ours, check_exact=True)


def test_a_version_of_a_night_that_kept_fewer_models_is_taken_and_the_others_are_new(copied):
    run_night(copied, DAYS + 2, text=keeping("AutoETS", "DynamicOptimizedTheta"))
    manifest = read_manifest(models(copied), read_champion(models(copied)))
    assert manifest["others"]["DynamicOptimizedTheta"]["counts"] == {"new": 6}
    assert "new" not in manifest["counts"]


def test_a_job_may_keep_other_models_than_autoets(tmp_path):
    text = keeping("SimpleExponentialSmoothing")
    for days in (DAYS, DAYS + 1):
        run_night(tmp_path / "job", days, text=text)
    manifest = read_manifest(models(tmp_path / "job"), read_champion(models(tmp_path / "job")))
    assert (manifest["series"], manifest["counts"]) == (0, {})
    own = manifest["others"]["SimpleExponentialSmoothing"]
    assert own["series"] == 6
    assert "new" not in own["counts"]


def test_a_series_that_is_away_keeps_all_its_models(several_nights, tmp_path):
    shutil.copytree(several_nights[0], tmp_path / "job")
    folder, text = tmp_path / "job", keeping(*SEVERAL)
    run_night(folder, DAYS + 2, change=without("item3"), text=text)
    manifest = read_manifest(models(folder), read_champion(models(folder)))
    for own in (manifest, *manifest["others"].values()):
        assert (own["counts"]["absent"], own["counts"]["gone"], own["series"]) == (1, 0, 6)


def test_a_changed_history_of_several_models_is_told_once(several_nights, tmp_path):
    def restate(frame):
        frame.loc[20, "quantity"] += 5
        return frame

    shutil.copytree(several_nights[0], tmp_path / "job")
    _, _, tables = run_night(tmp_path / "job", DAYS + 2, change=restate, text=keeping(*SEVERAL))
    repairs = tables["repairs"]
    assert repairs.loc[repairs["code"] == "history_changed", "entity"].tolist() == ["w0/item0"]


def test_stored_models_of_another_season_are_refused_by_the_models_name(several_nights, tmp_path):
    shutil.copytree(several_nights[0], tmp_path / "job")
    folder = models(tmp_path / "job")
    champion = read_champion(folder)
    manifest = read_manifest(folder, champion)
    others = {**manifest["others"]}
    others["DynamicOptimizedTheta"] = {**others["DynamicOptimizedTheta"], "season_length": 60}
    facts = {name: value for name, value in manifest.items() if name != "files"}
    files = {name: read_models(folder, champion, name) for name in manifest["files"]}
    promote(folder, store_version(folder, files, {**facts, "others": others}))
    with pytest.raises(ModelsRefusedError, match=r"DynamicOptimizedTheta has 60 periods.* 7;"):
        run_plain(night_of(tmp_path / "job", DAYS + 2, text=keeping(*SEVERAL)))


def test_a_version_is_written_once_and_whole(tmp_path):
    facts = {"as_of": "2024-01-31", "before": None}
    version = store_version(tmp_path, {MODELS: b"content"}, facts)
    path = tmp_path / f"v={version}" / "models.parquet"
    written = path.stat().st_mtime_ns
    assert store_version(tmp_path, {MODELS: b"content"}, facts) == version
    assert path.stat().st_mtime_ns == written
    assert read_models(tmp_path, version) == b"content"
    assert store_version(tmp_path, {MODELS: b"content"}, {**facts, "before": version}) != version
    path.write_bytes(b"torn")
    assert store_version(tmp_path, {MODELS: b"content"}, facts) == version
    assert read_models(tmp_path, version) == b"content"


def test_a_manifest_that_was_edited_is_refused(copied):
    version = read_champion(models(copied))
    path = models(copied) / f"v={version}" / "manifest.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "series": 7}))
    with pytest.raises(ModelsRefusedError, match="not what was written"):
        read_manifest(models(copied), version)
