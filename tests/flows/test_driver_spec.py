"""What a job may say of drivers and of a global model."""

import pytest

from flows.errors import JobRefusedError
from flows.spec import parse_job

FILE = {"path": "a.csv"}


def job(demand, **inputs):
    return {"name": "trial", "inputs": {"demand": FILE, **inputs}, "demand": demand}


@pytest.mark.parametrize(
    ("drivers", "inputs", "message"),
    [
        ({"price": "known"}, {}, r"needs \[inputs.drivers\] for 'price'"),
        ({"others": {"rain": "lagged"}}, {}, r"needs \[inputs.drivers\] for 'rain'"),
        ({}, {}, r"names no driver, and there are no events of \[inputs.calendar\]"),
        ({"events": False}, {"calendar": FILE}, "names no driver"),
        ({"price": "guessed"}, {}, "'known' or 'lagged'"),
    ],
)
def test_drivers_without_what_they_need_are_refused(drivers, inputs, message):
    with pytest.raises(JobRefusedError, match=message):
        parse_job(job({"drivers": drivers}, **inputs), "job.toml")


@pytest.mark.parametrize(
    ("drivers", "inputs"),
    [
        ({"price": "known"}, {"drivers": FILE}),
        ({"price": "lagged"}, {}),
        ({}, {"calendar": FILE}),
        ({"others": {"rain": "known"}}, {"drivers": FILE}),
    ],
)
def test_drivers_with_what_they_need_are_taken(drivers, inputs):
    assert parse_job(job({"drivers": drivers}, **inputs), "job.toml").demand.drivers is not None


def test_without_its_library_a_global_model_is_refused_and_told_what_to_install(monkeypatch):
    monkeypatch.setattr("flows.spec.extras.find_spec", lambda _: None)
    with pytest.raises(JobRefusedError, match=r"pip install \"almanac\[global\]\""):
        parse_job(job({"global_model": {}}), "job.toml")
