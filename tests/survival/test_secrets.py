"""Secrets never reach a message, a log, a file of the run, or its pages."""

import logging

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.artifacts import summary
from flows.cli import main
from flows.errors import JobRefusedError
from flows.run import prepare_run
from flows.spec import JobSpec, load_job
from flows.spec.job import Outputs
from flows.steps import patience
from flows.steps.settle import Settlement
from storage.errors import StoreError, TerminalStoreError
from storage.stores import has_secret, open_store
from storage.stores.secrets import without_secrets
from tests.survival.jobs import job_in
from tests.survival.plain import plain, run_plain

SECRET = "correct-horse-battery"
ADDRESSES = [
    f"postgresql://me:{SECRET}@localhost/db",
    f"postgres://me:{SECRET}@localhost/db",
    f"postgresql://me:a/b@{SECRET}@localhost/db",
    f"postgresql://:{SECRET}@localhost/db",
    f"postgresql://me@localhost/db?password={SECRET}",
    f"postgresql://me@localhost/db?sslmode=require&sslpassword={SECRET}",
    f"postgresql:host=localhost password={SECRET}",
    f"postgresql:host=localhost password = '{SECRET} word'",
    f"postgresq://me:{SECRET}@localhost/db",
    f"mysql://me:{SECRET}@localhost/db",
    f"bigquery://project/nights?token={SECRET}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_a_secret_is_refused_and_the_secret_not_repeated(address):
    with pytest.raises(TerminalStoreError, match="no password in it") as refusal:
        open_store(address)
    assert SECRET not in str(refusal.value)
    with pytest.raises(ValidationError) as invalid:
        Outputs(store=address)
    assert SECRET not in str(invalid.value)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("command", [["validate"], ["run"], ["run", "--dry-run"]])
def test_no_command_repeats_a_secret_of_the_job(tmp_path, address, command):
    spec = tmp_path / "job.toml"
    spec.write_text(
        f'name = "night"\n[inputs.demand]\npath = "demand.csv"\n[demand]\n'
        f'[outputs]\nstore = "{address}"\n'
    )
    with plain():
        result = CliRunner().invoke(main, [command[0], str(spec), *command[1:]])
    assert result.exit_code == 2
    assert "outputs.store" in result.output
    assert SECRET not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["job.toml"]


def test_a_secret_in_the_wrong_place_of_a_job_is_not_repeated(tmp_path):
    """Not even by who shows the model's own error, as a server does that takes parameters."""
    content = {"name": "night", "inputs": {}, "outputs": {"store": [ADDRESSES[0]]}}
    with pytest.raises(ValidationError) as invalid:
        JobSpec.model_validate(content)
    assert SECRET not in str(invalid.value)
    spec = tmp_path / "job.toml"
    spec.write_text(f'name = "night"\n[inputs]\n[outputs]\nstore = ["{ADDRESSES[0]}"]\n')
    with pytest.raises(JobRefusedError) as refusal:
        load_job(spec)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_command_for_views_does_not_repeat_a_secret(address):
    result = CliRunner().invoke(main, ["views", address])
    assert result.exit_code == 3
    assert SECRET not in result.output


@pytest.mark.parametrize(
    "address",
    [
        "duckdb:almanac.duckdb",
        "parquet:night's store",
        "postgresql://me@localhost:5432/db?sslmode=require&passfile=/home/me/.pgpass",
        "postgresql:///db?host=/var/run",
        "bigquery://my-project/nights?location=EU",
    ],
)
def test_an_address_without_a_secret_is_shown_as_it_is(address):
    assert not has_secret(address)
    assert without_secrets(address) == address


@given(st.text(min_size=1).filter(lambda text: "***" not in text))
@example("@")
@example("/?#")
@example("a\nb")
def test_whatever_the_password_it_is_not_shown(password):
    marked = f"begin{password}end"
    assert marked not in without_secrets(f"postgresql://me:{marked}@host/db")


@pytest.mark.slow
def test_the_environment_s_password_is_in_no_file_of_a_night_and_in_no_log(
    sample, tmp_path, monkeypatch, caplog
):
    """The store is out of reach, so that its errors are logged too."""
    monkeypatch.setenv("PGPASSWORD", SECRET)
    monkeypatch.setattr(patience, "PATIENCE", (0.0,))
    address = "postgresql://me@127.0.0.1:9/db?connect_timeout=2"
    job = job_in(tmp_path / "job", sample, store=address).restricted("demand")
    # Its compiler would tell each of its steps, for a minute where kernels are cold.
    monkeypatch.setattr(logging.getLogger("numba"), "level", logging.WARNING)
    # It was reached when the night began, and is gone when it is to be published.
    monkeypatch.setattr("flows.steps.publish.is_finished", lambda _: False)
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreError) as refusal:
        run_plain(job)
    assert SECRET not in str(refusal.value)
    assert "event=store_asked_again" in caplog.text
    assert SECRET not in caplog.text
    read = [path for path in (tmp_path / "job").rglob("*") if path.is_file()]
    assert len(read) > 20
    assert all(SECRET.encode() not in path.read_bytes() for path in read)


def test_the_page_of_a_run_shows_an_address_that_has_no_secret(sample, tmp_path):
    """A job cannot hold one with a secret; this is the page that would have shown it."""
    import pandas as pd

    job = job_in(tmp_path / "job", sample, store="postgresql://me@localhost/db")
    entities = pd.DataFrame(columns=["input", "entities_in", "published", "rejected", "failed"])
    run = prepare_run(job)
    page = summary(run, Settlement(entities, ()), [], run.report)
    assert "postgresql://me@localhost/db" in page
    with pytest.raises(ValidationError):
        job.outputs.model_validate({"store": ADDRESSES[0]})
