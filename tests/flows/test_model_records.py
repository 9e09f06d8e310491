"""Versions of stored models, recorded in MLflow: once each, and never at the night's cost."""

import pytest

from flows.errors import JobRefusedError
from flows.run import prepare_run, read_champion, read_manifest
from flows.spec import load_job
from flows.steps import model_records
from flows.steps.registry import Kept
from tests.flows.kept import DAYS, JOB, night_of, run_night
from tests.optional import library_or_skip
from tests.survival.plain import run_plain

mlflow = library_or_skip("mlflow", "mlflow")


def asking(address):
    return JOB + f'[outputs]\nmlflow = "{address}"\n'


def records_of(address):
    client = mlflow.MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("kept")
    return client.search_runs([experiment.experiment_id], order_by=["start_time"])


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory):
    """A folder after two nights, the second's run, and the address that they were recorded at."""
    folder = tmp_path_factory.mktemp("recorded")
    address = f"sqlite:///{folder / 'tracking.db'}"
    run_night(folder / "job", DAYS, text=asking(address))
    _, run, _ = run_night(folder / "job", DAYS + 1, text=asking(address))
    return folder / "job", run, address


def test_each_version_is_a_record(two_nights):
    folder, run, address = two_nights
    first, second = records_of(address)
    champion = read_champion(folder / "models" / "states")
    assert second.data.tags[model_records.VERSION] == champion
    assert second.data.tags["almanac.before"] == first.data.tags[model_records.VERSION]
    assert second.data.tags["almanac.run_id"] == run.run_id
    assert second.data.tags["almanac.promoted"] == "true"
    assert second.info.status == "FINISHED"
    assert second.data.params["as_of"] == run.as_of.isoformat()
    assert second.data.params["models"] == "AutoETS"


def test_a_record_counts_series_and_tells_how_champions_did(two_nights):
    _, _, address = two_nights
    first, second = records_of(address)
    assert first.data.metrics["AutoETS/series"] == first.data.metrics["AutoETS/new"] == 6
    counted = ("rolled", "run again", "changed", "aged", "drifted")
    assert sum(second.data.metrics.get(f"AutoETS/{name}", 0) for name in counted) == 6
    champions, naive = (
        second.data.metrics[f"{whose}/mase"] for whose in ("champions", "seasonal naive")
    )
    assert 0.0 < champions <= naive


def test_the_same_version_again_is_the_same_record(two_nights):
    folder, run, address = two_nights
    states = folder / "models" / "states"
    version = read_champion(states)
    again = Kept(version, read_manifest(states, version), promoted=False)
    assert model_records.record_version(run, again) is None
    assert len(records_of(address)) == 2
    assert records_of(address)[1].data.tags["almanac.promoted"] == "false"


def test_a_server_that_cannot_be_had_costs_the_night_nothing(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    job = night_of(tmp_path / "job", DAYS, text=asking("http://127.0.0.1:9"))
    assert run_plain(job).exit_code == 0
    assert prepare_run(job).report.exists()
    assert "event=models_not_recorded" in caplog.text
    assert read_champion(tmp_path / "job" / "models" / "states")


@pytest.mark.parametrize(
    ("address", "change", "message"),
    [
        ("https://me:secret@tracking", None, "MLFLOW_TRACKING_PASSWORD"),
        ("https://tracking", "[demand.registry]\n", "which the job lacks"),
    ],
)
def test_what_cannot_be_recorded_is_refused(tmp_path, address, change, message):
    text = asking(address).format(as_of="2024-06-01", chunk=180)
    (tmp_path / "job.toml").write_text(text.replace(change, "") if change else text)
    with pytest.raises(JobRefusedError, match=message) as refused:
        load_job(tmp_path / "job.toml")
    assert "secret" not in str(refused.value)


def test_without_the_library_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("flows.spec.extras.find_spec", lambda _: None)
    text = asking("https://tracking").format(as_of="2024-06-01", chunk=180)
    (tmp_path / "job.toml").write_text(text)
    with pytest.raises(JobRefusedError, match=r"pip install .*almanac\[mlflow\]"):
        load_job(tmp_path / "job.toml")
