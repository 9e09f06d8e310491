"""The benchmark starts: every part runs through, tiny, before a device is asked for its time."""

import time

import numpy as np
import pytest


def test_every_part_of_the_benchmark_runs_and_agrees_with_the_processor(grids, tmp_path):
    from numba import config

    if not config.ENABLE_CUDASIM:
        pytest.skip("on a device the benchmark itself is run")
    from benchmarks import gpu

    report = gpu.Report(tmp_path / "records" / "gpu.md")
    gpu.run_parts(np, gpu.TINY, report, time.perf_counter())
    assert report.troubles == []
    assert len(report.spent) == len(gpu.PARTS)
    assert len(gpu.table_of(report.rows)) == len(report.rows) + 2
    assert report.path.read_text(encoding="utf-8") == report.text()
    errors = {row.name: row.error for row in report.rows if not np.isnan(row.error)}
    assert len(errors) >= 10
    assert max(errors.values()) < 1e-5


def test_a_part_that_fails_or_has_no_time_leaves_what_was_known(numba_cuda, tmp_path, monkeypatch):
    from benchmarks import gpu

    def half(xp, sizes):
        yield gpu.Row("first", "one", 1e-3)
        raise RuntimeError("out of memory")

    def agreed(xp, sizes):
        yield ("orders", 4, 1, 0.25, "W/1: 12, 15")

    monkeypatch.setattr(gpu, "PARTS", [half, agreed])
    report = gpu.Report(tmp_path / "gpu.md")
    gpu.run_parts(np, gpu.TINY, report, time.perf_counter())
    text = report.path.read_text(encoding="utf-8")
    assert "| first | one | 1.00 |" in text
    assert "| orders | 4 | 1 | 2.5e-01 | W/1: 12, 15 |" in text
    assert report.troubles == ["half: RuntimeError: out of memory"]
    late = gpu.Report(tmp_path / "late.md")
    gpu.run_parts(np, gpu.TINY, late, time.perf_counter() - 2.0 * gpu.MOST_SECONDS)
    assert late.troubles == ["half: no time left", "agreed: no time left"]


def test_what_differs_from_the_processor_is_counted_and_named(numba_cuda):
    from benchmarks.gpu_agreement import compare_numbers

    own, theirs = np.array([4.0, 0.0, 12.0, 7.0]), np.array([4.0, 0.0, 15.0, 7.0 + 1e-12])
    name, compared, differ, largest, which = compare_numbers("orders", own, theirs)
    assert (name, compared, differ, largest) == ("orders", 4, 1, 0.25)
    assert which == "number 2: 12, 15"
