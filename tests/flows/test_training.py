"""Teaching the global model: kept whole, taken by the night, refused where it does not fit."""

import json
import shutil

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.demo import demo_job, write_demo
from flows.errors import JobRefusedError
from flows.run import prepare_run
from flows.sample import SampleSize
from flows.spec import DriversSpec, GlobalModelSpec, job_as_toml, load_job
from flows.steps.drivers import refuse_other_model
from flows.steps.model_folder import champion_of
from storage.stores import open_store
from tests.optional import library_or_skip
from tests.survival.plain import run_plain

library_or_skip("lightgbm", "global")

SMALL = SampleSize(warehouses=2, items=8, days=400, portfolios=4)


@pytest.fixture(scope="module")
def taught(prefect, tmp_path_factory):
    """A folder with the job, its inputs and a champion."""
    folder = tmp_path_factory.mktemp("taught")
    spec = write_demo(folder, SMALL)
    model = GlobalModelSpec(rounds=30, leaves=15, most_rows=20_000)
    demand = demo_job().demand.model_copy(update={"global_model": model})
    job = load_job(spec).model_copy(update={"demand": demand, "stock": None, "risk": None})
    spec.write_text(job_as_toml(job))
    result = CliRunner().invoke(main, ["train", str(spec)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def job(taught, tmp_path):
    shutil.copytree(taught, tmp_path / "job")
    return load_job(tmp_path / "job" / "demo.toml")


def test_a_version_is_kept_whole_beside_the_file_that_names_it(taught):
    models = taught / "models" / "global"
    champion = json.loads((models / "champion.json").read_text())["version"]
    own = models / f"v={champion}"
    manifest = json.loads((own / "manifest.json").read_text())
    assert set(manifest["files"]) == {
        "pipeline.json", "recipe.json", "trees-0.txt", "trees-1.txt",
    }  # fmt: skip
    assert {"demand", "items", "calendar", "drivers"} <= set(manifest["data"])
    assert manifest["rows"][0] < manifest["rows"][1]
    assert not (taught / ".almanac" / "training").exists()


def test_the_night_lets_it_compete_and_tells_of_it(job):
    outcome = run_plain(job, report=False)
    run = prepare_run(job)
    with open_store(run.store_url) as store:
        accuracy = store.read("forecast_accuracy", run_id=outcome.run_id)
        failures = store.read("failures", run_id=outcome.run_id)
    tried = accuracy.groupby("model").size()
    series = accuracy[["warehouse_id", "item_id"]].drop_duplicates()
    assert tried["GlobalTrees"] == len(series)
    assert tried["RegressionTheta"] > 0
    assert not failures["stage"].str.contains("GlobalTrees").any()


def test_the_run_is_another_with_another_champion(job):
    before = prepare_run(job).run_id
    champion = job.folder / "models" / "global" / "champion.json"
    champion.write_text('{"version": "other"}')
    assert prepare_run(job).run_id != before


def test_a_job_without_a_champion_is_refused_before_it_starts(job):
    shutil.rmtree(job.folder / "models")
    with pytest.raises(JobRefusedError, match="teach one with `almanac train`"):
        prepare_run(job)


def test_a_torn_version_is_refused_by_name(job):
    models = job.folder / "models" / "global"
    version = json.loads((models / "champion.json").read_text())["version"]
    trees = models / f"v={version}" / "trees-1.txt"
    trees.write_text(trees.read_text()[:-200])
    with pytest.raises(JobRefusedError, match=r"trees-1\.txt is not what was written"):
        champion_of(job)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizon": 7}, "horizon = 28, and the job has 7"),
        ({"season_length": 14}, "season_length = 7, and the job has 14"),
        ({"drivers": DriversSpec(promotion="lagged")}, r"drivers\.promotion = known"),
    ],
)
def test_a_model_taught_for_another_forecast_is_refused(job, changes, message):
    other = job.model_copy(update={"demand": job.demand.model_copy(update=changes)})
    with pytest.raises(JobRefusedError, match=message):
        refuse_other_model(prepare_run(other))


def test_teaching_again_gives_the_same_version(job):
    version = champion_of(job).version
    result = CliRunner().invoke(main, ["train", str(job.folder / "demo.toml")])
    assert result.exit_code == 0, result.output
    assert champion_of(job).version == version


def test_a_job_without_a_model_has_nothing_to_teach(job):
    plain = job.model_copy(update={"demand": job.demand.model_copy(update={"global_model": None})})
    path = job.folder / "plain.toml"
    path.write_text(job_as_toml(plain))
    result = CliRunner().invoke(main, ["train", str(path)])
    assert result.exit_code == 2
    assert "has no [demand.global_model] to teach" in result.output
