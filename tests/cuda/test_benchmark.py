"""The benchmark starts: every part runs through, tiny, before a device is asked for its time."""

import os
import sys
import time

import numpy as np
import pytest


def test_every_part_of_the_benchmark_runs_and_agrees_with_the_processor(
    present, grids, tmp_path, monkeypatch
):
    if present:
        pytest.skip("on a device the benchmark itself is run")
    from benchmarks import gpu
    from benchmarks.gpu_report import table_of
    from kernels.cuda import loss_order, market_moves

    # The simulator makes a thread of Python for each of a grid's.
    monkeypatch.setattr(market_moves, "SCENARIOS", 128)
    monkeypatch.setattr(loss_order, "_FEW", 0)
    report = gpu.Report(tmp_path / "records" / "gpu.md")
    assert gpu.run_parts(np, gpu.TINY, report, time.time() + 600.0)
    assert report.troubles == []
    assert len(report.spent) == len(gpu.PARTS)
    assert len(table_of(report.rows)) == len(report.rows) + 2
    assert report.path.read_text(encoding="utf-8") == report.text()
    twice = [row for row in report.rows if row.name.startswith("twice: ")]
    assert [row.note.split(" of ")[0] for row in twice] == ["0"] * 4
    by_name = {row.name: row for row in report.rows}
    for name in (
        *("AutoETS", "GJR-t fits", "stock", "options", "American options", "theta fits", "tsb"),
        "states rolled",
    ):
        assert by_name[name].transfer > 0.0
        assert by_name[name].moved > 0.0
        assert np.isnan(by_name[name].operations)
    assert by_name["VaR and ES float64"].operations == 2.0 * 2 * 6 * 16
    errors = {row.name: row.error for row in report.rows if not np.isnan(row.error)}
    assert len(errors) >= 10
    assert max(errors.values()) < 1e-5


def _half(xp, sizes):
    from benchmarks import gpu

    yield gpu.Row("first", "one", 1e-3, note="half")
    raise RuntimeError("out of memory")


def _agreed(xp, sizes):
    yield ("orders", 4, 1, 0.25, "W/1: 12, 15")
    yield ("levels", 4, 0, 0.0, "")


@pytest.fixture
def parts(numba_cuda, monkeypatch):
    """Return the benchmark with two short parts, on a device that answers."""
    from benchmarks import gpu

    monkeypatch.setattr(gpu, "PARTS", [_half, _agreed])
    monkeypatch.setattr(gpu.cuda, "synchronize", lambda: None)
    return gpu


def test_a_part_that_fails_or_has_no_time_leaves_what_was_known(parts, tmp_path):
    report = parts.Report(tmp_path / "gpu.md")
    assert parts.run_parts(np, parts.TINY, report, time.time() + 600.0)
    text = report.path.read_text(encoding="utf-8")
    assert "| first | one | 1.00 |" in text
    assert "| orders | 4 | 1 | 2.5e-01 | W/1: 12, 15 |" in text
    assert report.troubles == ["_half: RuntimeError: out of memory"]
    late = parts.Report(tmp_path / "late.md")
    parts.run_parts(np, parts.TINY, late, time.time() - 1.0)
    assert late.troubles == ["_half: no time left", "_agreed: no time left"]
    assert late.path.read_text(encoding="utf-8") == late.text()


def test_a_part_stops_after_the_row_at_which_time_is_up(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PARTS", [_agreed])
    times = iter([0.0, 2.0, 2.0])
    monkeypatch.setattr(parts.time, "time", lambda: next(times))
    report = parts.Report(tmp_path / "gpu.md")
    parts.run_parts(np, parts.TINY, report, 1.0)
    assert [name for name, *_ in report.lines] == ["orders"]
    assert report.troubles == ["_agreed: no time left after orders"]


def test_nothing_is_begun_on_a_device_that_answers_no_more(parts, tmp_path, monkeypatch):
    def lost():
        raise RuntimeError("an illegal memory access was encountered")

    monkeypatch.setattr(parts.cuda, "synchronize", lost)
    report = parts.Report(tmp_path / "gpu.md")
    assert not parts.run_parts(np, parts.TINY, report, time.time() + 600.0)
    assert report.begun == ["_half"]
    assert report.troubles[-1] == "_half: the device answers no more"
    assert "answers no more" in report.path.read_text(encoding="utf-8")


# Stands for the process that runs parts: the first loses the device, and the second is killed.
_WORKER = """
import os, signal, sys
from pathlib import Path
from benchmarks.gpu_report import Report, Row
kept, *names = sys.argv[1:]
report = Report.read(Path(kept))
report.begin(names[0])
report.add(Row(names[0], "one", 1e-3, operations=float("nan")))
report.lines.append((names[0], 1, 0, 0.0, ""))
report.write()
if names[0] == "first":
    sys.exit(3)
if names[0] == "second":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_parts_go_on_in_another_process_where_one_is_lost_or_killed(numba_cuda, tmp_path):
    from benchmarks.gpu_report import Report
    from benchmarks.gpu_runs import run_apart

    def command(names, kept):
        return [sys.executable, "-c", _WORKER, str(kept), *names]

    names, path = ["first", "second", "third"], tmp_path / "gpu.md"
    report = run_apart(names, Report(path, heading="one"), command, time.time() + 300.0, os.environ)
    assert [row.name for row in report.rows] == names
    assert report.lines == [(name, 1, 0, 0.0, "") for name in names]
    assert report.troubles == ["second: its process ended with -9"]
    assert path.read_text(encoding="utf-8") == report.text()
    assert report.heading == "one"


def test_a_process_that_has_no_time_left_is_ended(numba_cuda, tmp_path):
    from benchmarks.gpu_report import Report
    from benchmarks.gpu_runs import run_apart

    def command(names, kept):
        return [sys.executable, "-c", "import time; time.sleep(600.0)"]

    report = run_apart(["first"], Report(), command, time.time() + 0.5, os.environ)
    ended = "before any part: stopped there, for no time was left"
    assert report.troubles == [ended, "first: not run"]


def test_a_process_that_begins_nothing_is_not_started_again(numba_cuda, tmp_path):
    from benchmarks.gpu_report import Report
    from benchmarks.gpu_runs import run_apart

    def command(names, kept):
        return [sys.executable, "-c", "raise SystemExit(1)"]

    report = run_apart(["first"], Report(), command, time.time() + 60.0, os.environ)
    assert report.troubles == ["before any part: its process ended with 1", "first: not run"]


def test_libraries_are_looked_for_in_the_toolkit_where_no_kernel_runs_without(
    numba_cuda, tmp_path, monkeypatch, capfd
):
    from benchmarks.gpu_runs import working_environment

    for name in ("CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    canary = "import os; raise SystemExit({} if 'CUDA_HOME' in os.environ else {})"

    def tried(there, otherwise):
        command = [sys.executable, "-c", canary.format(there, otherwise)]
        return working_environment(command, tmp_path)

    assert tried(2, 0)[1] is None
    environment, told = tried(0, 2)
    assert environment["CUDA_HOME"] == str(tmp_path)
    assert str(tmp_path) in told
    assert "CUDA_HOME" not in tried(1, 1)[0]
    with pytest.raises(SystemExit, match="no kernel runs here"):
        tried(2, 2)
    with pytest.raises(SystemExit, match="no kernel runs here"):
        tried(-9, 77)


def test_the_canary_runs_or_says_what_is_not_there(numba_cuda, capsys):
    from numba import config, cuda

    from benchmarks import gpu_canary

    ended = gpu_canary.main()
    said = capsys.readouterr().out
    if config.ENABLE_CUDASIM or cuda.is_available():
        assert (ended, said.count("is well")) == (gpu_canary.WELL, 2)
    else:
        assert ended == gpu_canary.NO_KERNEL
        assert "numba-cuda FAILS" in said
        assert "canary: nvvm: " in said


def test_a_row_says_what_was_counted_and_its_share_of_the_ceilings(numba_cuda):
    from benchmarks.gpu_report import table_of
    from benchmarks.gpu_rows import Row

    rows = [
        Row("copy on the device", "8 B", 1.0, moved=8e12),
        Row("product float32", "2^3", 1.0, operations=4e12),
        Row(
            "fits", "2", 0.5, transfer=0.25, moved=2e12, operations=np.nan, error=1e-9, note="told"
        ),
        Row("tails float32", "2", 2.0, operations=2e12),
    ]
    cells = [[cell.strip() for cell in line.split("|")] for line in table_of(rows)]
    assert cells[4][3:-1] == [
        *("500.00", "250.00", "2e+12", "4,000", "50%"),
        *("not counted", "", "", "1.0e-09", "told"),
    ]
    assert cells[5][3:-1] == ["2,000.00", "", "", "", "", "2e+12", "1.00", "25%", "", ""]
    assert {len(line) for line in cells} == {len(cells[0])}


def test_the_record_and_the_data_are_where_they_are_said_to_be(numba_cuda, tmp_path, monkeypatch):
    from benchmarks import gpu, gpu_rows

    monkeypatch.delenv("OUT", raising=False)
    assert gpu.default_record() == gpu.RECORD
    monkeypatch.setenv("OUT", str(tmp_path))
    assert gpu.default_record() == tmp_path / "gpu.md"
    monkeypatch.setattr(gpu_rows, "ROOT", tmp_path / "checkout")
    assert gpu_rows.data_folder() == tmp_path / "shared" / "data"
    own = tmp_path / "checkout" / "shared" / "data"
    own.mkdir(parents=True)
    assert gpu_rows.data_folder() == own


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release",
            "580.159.04",
        ),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54  Thu", "535.54"),
        ("nothing", "of no known version"),
    ],
)
def test_the_drivers_version_is_its_modules(numba_cuda, tmp_path, said, version):
    from benchmarks.gpu_report import driver_version

    told = tmp_path / "version"
    told.write_text(f"{said}\nGCC version: 13.2.0\n")
    assert driver_version(told) == version


def test_no_kernel_of_the_processor_is_compiled_for_parts_that_are_not_asked_for(numba_cuda):
    from benchmarks import gpu

    assert gpu.compilers(["ceilings"]) == []
    assert gpu.compilers(["ets_choices"]) == [["benchmarks.gpu", "--dry", "--only", "ets_choices"]]
    assert gpu.compilers(["night_agreement"])[0][0] == "benchmarks.gpu_agreement"


def test_what_differs_from_the_processor_is_counted_and_named(numba_cuda):
    from benchmarks.gpu_agreement import compare_numbers

    own, theirs = np.array([4.0, 0.0, 12.0, 7.0]), np.array([4.0, 0.0, 15.0, 7.0 + 1e-12])
    name, compared, differ, largest, which = compare_numbers("orders", own, theirs)
    assert (name, compared, differ, largest) == ("orders", 4, 1, 0.25)
    assert which == "number 2: 12, 15"


def test_the_work_of_a_target_is_counted_and_scaled_to_its_size(grids, tmp_path):
    from numba import config

    if config.ENABLE_CUDASIM:
        pytest.skip("the simulator of a GPU compiles nothing")
    from benchmarks import gpu_work
    from kernels.cuda.ptx.work import Work

    (target,) = (one for one in gpu_work.targets(tmp_path) if one.name == "options")
    work = gpu_work.count(target)
    # A value reads its market and is written; it is a hundred operations or so, none of 32 bits.
    assert work[Work.DEVICE_BYTES] == pytest.approx(4 * 8 * 1e9, rel=1e-6)
    assert 5e10 < work[Work.FLOAT64] < 5e11
    assert work[Work.FLOAT32] == work[Work.OWN_BYTES] == work[Work.SHARED_BYTES] == 0
    floats = work[Work.FLOAT64] / gpu_work._FLOAT64
    assert gpu_work.least_seconds(work) >= floats > 0.0
