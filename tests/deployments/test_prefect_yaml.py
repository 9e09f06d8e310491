"""Deployments: the file names flows that exist, and jobs that the model accepts."""

from importlib import import_module
from pathlib import Path

import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.templating import apply_values

from flows.demo import demo_job
from flows.spec import JobSpec

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"


def deployments():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]


def test_every_entrypoint_is_a_flow():
    for deployment in deployments():
        module, _, name = deployment["entrypoint"].rpartition(".")
        assert isinstance(getattr(import_module(module), name), Flow)


def test_the_job_in_the_file_is_the_bundled_samples_of_the_folder_deployed_from(monkeypatch):
    monkeypatch.setenv("PWD", "/home/me/almanac")
    (nightly,) = [one for one in deployments() if one["name"] == "nightly"]
    deployed = apply_values(nightly, {}, remove_notset=False)
    job = JobSpec.model_validate(deployed["parameters"]["job"])
    assert job == demo_job().model_copy(update={"folder": Path("/home/me/almanac/almanac-demo")})


def test_a_worker_needs_no_folder_of_the_machine_deployed_from():
    assert yaml.safe_load(FILE.read_text(encoding="utf-8"))["pull"] == []


def test_the_night_is_scheduled():
    (nightly,) = [one for one in deployments() if one["name"] == "nightly"]
    (schedule,) = nightly["schedules"]
    assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).cron == "30 4 * * *"


def test_a_served_job_is_a_deployment_of_the_same_flow():
    from flows.serving import NIGHTLY_CRON, WORK_POOL, deployment

    served = deployment(demo_job())
    assert served.name == "demo"
    assert served.work_pool_name == WORK_POOL
    assert served.entrypoint == "flows.nightly.nightly"
    assert served.parameters["job"]["name"] == "demo"
    assert served.schedules[0].schedule.cron == NIGHTLY_CRON
    (nightly,) = [one for one in deployments() if one["name"] == "nightly"]
    assert served.concurrency_limit == nightly["concurrency_limit"]["limit"]
    strategy = nightly["concurrency_limit"]["collision_strategy"]
    assert served.concurrency_options.collision_strategy == strategy
