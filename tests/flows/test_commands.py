"""Commands: a refusal is one sentence, exit code 2, and nothing written."""

import io
import sys

import pandas as pd
import pytest
from click.testing import CliRunner
from rich.console import Console

from flows.cli import main
from flows.cli.running import say_outcome
from flows.errors import ExitCode
from flows.outcome import Outcome
from flows.run import prepare_run
from flows.spec import load_job

JOB = """
name = "night"
as_of = 2024-01-31
[inputs.demand]
path = "demand.csv"
[demand]
horizon = 7
"""
DEMAND = "warehouse_id,item_id,ds,quantity\n" + "".join(
    f"north,tea,2024-01-{day:02d},{day % 5}\n" for day in range(1, 32)
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.toml").write_text(JOB)
    (tmp_path / "demand.csv").write_text(DEMAND)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def files(folder):
    return sorted(path.name for path in folder.rglob("*"))


def replace(path, old, new):
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("break_it", "names"),
    [
        (lambda f: (f / "demand.csv").unlink(), "inputs.demand: demand.csv does not exist"),
        (lambda f: replace(f / "job.toml", "horizon", "horizont"), "unknown key"),
        (
            lambda f: replace(f / "job.toml", "horizon", 'line_up.smooth = ["AutoEts"]\nhorizon'),
            "demand.line_up.smooth: no model is called 'AutoEts': did you mean `AutoETS`?",
        ),
        (lambda f: (f / "job.toml").unlink(), "cannot be read"),
        (lambda f: (f / "job.toml").write_bytes(b"\xff\xfe name"), "job.toml"),
        (lambda f: replace(f / "job.toml", "as_of = 2024-01-31", "as_of = 'soon'"), "as_of"),
    ],
)
@pytest.mark.parametrize("command", [["validate"], ["run"], ["run", "--dry-run"]])
def test_a_refused_job_ends_in_one_sentence_and_writes_nothing(command, break_it, names, folder):
    break_it(folder)
    before = files(folder)
    result = call(command[0], "job.toml", *command[1:])
    assert result.exit_code == 2
    assert names in result.output
    assert "Traceback" not in result.output
    assert files(folder) == before


@pytest.mark.parametrize(
    ("break_it", "names"),
    [
        (lambda f: replace(f / "demand.csv", "ds,quantity", "ds,amount"), "quantity"),
        (lambda f: (f / "demand.csv").write_text(DEMAND.splitlines()[0] + "\n"), "demand"),
        (lambda f: (f / "demand.csv").write_text(""), "demand.csv"),
        (lambda f: (f / "demand.csv").write_bytes(b"PAR1\x00\xff\xfe\x81\n\x9d"), "demand.csv"),
    ],
    ids=["missing column", "no rows", "empty file", "not a table"],
)
@pytest.mark.parametrize("flag", [[], ["--dry-run"]])
def test_inputs_that_cannot_be_used_end_a_run_the_same_way(flag, break_it, names, folder, prefect):
    break_it(folder)
    before = files(folder)
    result = call("run", "job.toml", *flag)
    assert result.exit_code == 2
    assert names in result.output
    assert "Traceback" not in result.output
    assert files(folder) == before


@pytest.mark.parametrize("command", [("validate", "job.toml"), ("run", "job.toml", "--dry-run")])
def test_all_inputs_that_are_not_there_or_cannot_be_read_are_told_at_once(command, folder):
    for name in ("items", "calendar"):
        replace(folder / "job.toml", "[demand]", f"[inputs.{name}]\npath = '{name}.csv'\n[demand]")
    absent = call(*command)
    (folder / "items.csv").write_text("item_id,category\ntea,drinks\n")
    (folder / "calendar.csv").write_text("")
    unreadable = call(*command)
    assert absent.exit_code == unreadable.exit_code == 2
    assert "2 files are not there:" in absent.output
    assert "inputs.items: items.csv does not exist" in absent.output
    assert "inputs.calendar: calendar.csv does not exist" in absent.output
    assert "2 inputs cannot be read:" in unreadable.output
    assert "inputs.items: items.csv has no columns 'unit_cost'" in unreadable.output
    assert "inputs.calendar: calendar.csv has no header line" in unreadable.output


@pytest.mark.parametrize("command", [("validate", "job.toml"), ("run", "job.toml", "--dry-run")])
def test_an_absent_file_hides_none_that_cannot_be_read(command, folder):
    for name in ("items", "calendar", "drivers"):
        replace(folder / "job.toml", "[demand]", f"[inputs.{name}]\npath = '{name}.csv'\n[demand]")
    (folder / "items.csv").write_text("item_id,category\ntea,drinks\n")
    (folder / "calendar.csv").mkdir()
    said = call(*command)
    assert said.exit_code == 2
    assert "3 inputs cannot be read:" in said.output
    assert "inputs.drivers: drivers.csv does not exist" in said.output
    assert "inputs.calendar: calendar.csv is not a file" in said.output
    assert "inputs.items: items.csv has no columns 'unit_cost'" in said.output


@pytest.mark.parametrize("name", ["sales_*.csv", "sales_202?.csv"])
def test_a_pattern_is_told_to_be_none(name, folder):
    replace(folder / "job.toml", "demand.csv", name)
    said = call("validate", "job.toml").output
    assert f"inputs.demand: {name} does not exist" in said
    assert "a name is no pattern: list the files in `paths`" in said.replace("\n", " ")


def test_a_valid_job_is_said_to_be_valid(folder):
    result = call("validate", "job.toml")
    assert result.exit_code == 0, result.output
    assert "would run demand as of 2024-01-31" in result.output
    assert files(folder) == ["demand.csv", "job.toml"]


def test_a_dry_run_says_what_would_be_rejected_and_writes_nothing(folder):
    replace(folder / "demand.csv", "2024-01-09,4", "2024-01-09,-4")
    result = call("run", "job.toml", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "1 series, 7 periods ahead" in result.output
    assert "-4" in result.output
    assert files(folder) == ["demand.csv", "job.toml"]


@pytest.mark.parametrize("flag", [[], ["--dry-run"]])
def test_demand_of_which_no_series_is_left_is_refused_with_its_first_reason(flag, folder, prefect):
    replace(folder / "demand.csv", "2024-01-", "31.01.")
    before = files(folder)
    result = call("run", "job.toml", *flag)
    assert result.exit_code == ExitCode.REFUSED
    told = " ".join(result.output.split())
    assert "inputs.demand: all 1 series were rejected" in told
    assert "demand.csv row 1, ds '31.01.01': ds must be a date, year-month-day" in told
    assert "Traceback" not in result.output
    assert set(files(folder)) <= {*before, ".almanac", ".locks"}


def test_books_without_instruments_are_refused_with_what_is_wrong_of_these(folder):
    rows = {
        "prices": "instrument_id,ds,close\n" + "AAA,2024-01-02,5\n",
        "instruments": "instrument_id,kind,currency\nAAA,share,USD\n",
        "positions": "portfolio_id,instrument_id,quantity\ngrowth,AAA,1\n",
    }
    (folder / "job.toml").write_text(books(folder, rows))
    result = call("run", "job.toml", "--dry-run")
    assert result.exit_code == ExitCode.REFUSED
    told = " ".join(result.output.split())
    assert "inputs.positions: all 1 portfolios were rejected" in told
    assert "first: instruments.csv row 1, kind 'share': kind must be one of equity" in told


def test_books_without_rates_are_refused_with_what_their_instruments_lack(folder):
    days = pd.bdate_range("2023-01-02", "2024-01-31").strftime("%Y-%m-%d")
    rows = {
        "prices": "instrument_id,ds,close\n" + "".join(f"AAA,{day},5\n" for day in days),
        "instruments": "instrument_id,kind,currency\nAAA,equity,usd\n",
        "positions": "portfolio_id,instrument_id,quantity\ngrowth,AAA,1\n",
    }
    (folder / "job.toml").write_text(books(folder, rows))
    result = call("run", "job.toml", "--dry-run")
    assert result.exit_code == ExitCode.REFUSED
    assert "first: instruments.csv, currency 'usd'" in " ".join(result.output.split())


def books(folder, rows):
    """Write the files of a job of risk, and return its spec."""
    for name, text in rows.items():
        (folder / f"{name}.csv").write_text(text)
    named = "".join(f'[inputs.{name}]\npath = "{name}.csv"\n' for name in rows)
    return f'name = "books"\nas_of = 2024-01-31\n[risk]\n{named}'


def test_what_was_rejected_is_said_at_the_end_of_a_run(folder):
    run = prepare_run(load_job(folder / "job.toml"))
    said = [Console(file=io.StringIO(), width=200) for _ in range(2)]
    for rejected_rows, console in zip((0, 1_234), said, strict=True):
        outcome = Outcome(run.run_id, ExitCode.DONE, "report.html", rejected_rows=rejected_rows)
        say_outcome(run, outcome, console)
    assert "Of its inputs" not in said[0].file.getvalue()
    assert "1,234 rows were rejected, and 0 entities whole" in said[1].file.getvalue()


def test_what_concerns_the_whole_run_is_said_at_its_end(folder):
    run = prepare_run(load_job(folder / "job.toml"))
    console = Console(file=io.StringIO(), width=200)
    say_outcome(
        run, Outcome(run.run_id, ExitCode.DONE, "r.html", notices=("it [is] late",)), console
    )
    assert "Note: it [is] late." in console.file.getvalue()


@pytest.mark.parametrize("error", [ZeroDivisionError("division"), KeyboardInterrupt()])
def test_an_end_that_nobody_expected_is_no_run_that_is_done(error, folder, monkeypatch):
    def break_down(*_):
        raise error

    # The package names the command as its module is named.
    module = sys.modules["flows.cli.commands.validate"]
    monkeypatch.setattr(module, "prepare_run", break_down)
    result = call("validate", "job.toml")
    assert result.exit_code == ExitCode.FAILED
    assert ("ZeroDivisionError: division" in result.output) == isinstance(error, Exception)


def test_how_a_command_is_called_wrongly_is_said_by_click(folder):
    result = call("run", "--as-of", "tomorrow", "job.toml")
    assert result.exit_code == ExitCode.REFUSED
    assert "Usage: " in result.output


def test_what_to_install_for_a_device_is_said_with_its_extra(folder, monkeypatch):
    reason = 'numba-cuda is not installed (pip install "almanac[cuda]")'
    monkeypatch.setattr("flows.run.Run.device_words", property(lambda _: reason))
    result = call("run", "job.toml", "--dry-run")
    assert "almanac[cuda]" in "".join(result.output.split("\n"))


def test_a_device_that_is_not_there_is_refused(folder):
    replace(folder / "job.toml", "[demand]", '[execution]\ndevice = "cuda"\n[demand]')
    result = call("validate", "job.toml")
    assert result.exit_code == 2
    assert "device 'cuda'" in result.output


def test_an_unknown_run_is_refused_with_those_there_are(folder):
    result = call("report", "night-20240131-0")
    assert result.exit_code == 2
    assert "no run of that id" in result.output


def test_without_runs_the_ledger_says_so(folder):
    assert "No runs below" in call("runs").output


def test_models_are_listed_and_those_of_a_frequency_told_by_class():
    named = call("models").output.split()
    assert {"AutoETS", "SeasonalARIMA", "TSB"} <= set(named)
    told = call("models", "--frequency", "QS")
    line_up = dict(line.split(": ") for line in told.output.splitlines())
    assert set(line_up) == {"smooth", "erratic", "intermittent", "lumpy"}
    for names in line_up.values():
        assert set(names.split(", ")) <= set(named)
    assert "SeasonalARIMA" in line_up["smooth"]
    refused = call("models", "--frequency", "weekly")
    assert refused.exit_code == 2
    assert "'weekly' is not one of" in refused.output
