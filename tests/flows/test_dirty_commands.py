"""Dirty files through the command itself: an answer or one sentence, and never a traceback."""

import io
import random

import pytest
from click.testing import CliRunner
from rich.console import Console

from flows.cli import main
from flows.cli.terminal import as_text
from flows.errors import ExitCode
from storage.tables import INPUT_TABLES
from tests.storage.dirt import as_csv, as_parquet, dirty_bytes, dirty_columns, rows_of

JOB = """
name = "night"
as_of = 2024-01-31
[inputs.demand]
path = "demand.{suffix}"
[demand]
horizon = 60
"""


def write_dirty_job(folder, seed):
    """Write a job whose demand is a dirty file; return the spec's path."""
    draws = random.Random(seed)
    header, rows = dirty_columns(*rows_of(INPUT_TABLES["demand"], draws), draws)
    suffix, write = draws.choice([("csv", as_csv), ("parquet", as_parquet)])
    content = dirty_bytes(write(header, rows, draws), draws)
    (folder / f"demand.{suffix}").write_bytes(content)
    spec = folder / "job.toml"
    spec.write_text(JOB.format(suffix=suffix))
    return spec


@pytest.mark.parametrize(
    "value", ["[/red]", "[bold]", "\\\\[/]", "[link=https://evil.example]x[/]"]
)
def test_what_a_file_holds_is_only_text_to_the_terminal(tmp_path, value):
    """A tag that closes none would end the command in a traceback; others would be swallowed."""
    (tmp_path / "demand.csv").write_text(
        f"warehouse_id,item_id,ds,quantity\nnorth,tea,2024-01-01,1\nnorth,{value},2024-01-01,{value}\n"
    )
    spec = tmp_path / "job.toml"
    spec.write_text(JOB.format(suffix="csv"))
    done = CliRunner().invoke(main, ["run", str(spec), "--dry-run"], env={"COLUMNS": "300"})
    assert done.exception is None, done.exception
    assert value in "".join(done.output.split())


@pytest.mark.parametrize("command", [["validate"], ["run", "--dry-run"]])
def test_a_dirty_file_ends_the_command_in_an_answer_or_a_sentence(tmp_path, command):
    codes = []
    for seed in range(40):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        spec = write_dirty_job(folder, seed)
        before = sorted(path.name for path in folder.iterdir())
        done = CliRunner().invoke(main, [command[0], str(spec), *command[1:]])
        assert done.exception is None or isinstance(done.exception, SystemExit), seed
        assert "Traceback" not in done.output
        codes.append(done.exit_code)
        if done.exit_code == ExitCode.REFUSED:
            # One sentence, however the terminal breaks its lines.
            assert "almanac:" in done.output or "demand" in done.output, done.output
        assert sorted(path.name for path in folder.iterdir()) == before
    assert {ExitCode.DONE, ExitCode.REFUSED} <= set(codes) <= {*ExitCode} - {ExitCode.FAILED}


@pytest.mark.parametrize("found", ["[/red]", "\x1b[2J", "a\x9bb", "\u202eabc", "\r\x07"])
def test_a_console_shows_what_it_is_given_and_obeys_none_of_it(found):
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(as_text(found), highlight=False, soft_wrap=True)
    shown = console.file.getvalue().removesuffix("\n")
    assert shown == found.encode("unicode_escape").decode()
    assert shown.isprintable()
