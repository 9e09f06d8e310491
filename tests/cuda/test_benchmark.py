"""The benchmark starts: every part runs through, tiny, before a device is asked for its time."""

import numpy as np
import pytest


def test_every_part_of_the_benchmark_runs_and_agrees_with_the_processor(grids):
    from numba import config

    if not config.ENABLE_CUDASIM:
        pytest.skip("on a device the benchmark itself is run")
    from benchmarks import gpu

    rows, troubles = gpu.run_parts(np, gpu.TINY)
    assert troubles == []
    assert len(gpu.table_of(rows)) == len(rows) + 2
    errors = {row.name: row.error for row in rows if not np.isnan(row.error)}
    assert len(errors) >= 10
    assert max(errors.values()) < 1e-5


def test_what_differs_from_the_processor_is_counted_and_named(numba_cuda):
    from benchmarks.gpu_agreement import compare_numbers

    own, theirs = np.array([4.0, 0.0, 12.0, 7.0]), np.array([4.0, 0.0, 15.0, 7.0 + 1e-12])
    name, compared, differ, largest, which = compare_numbers("orders", own, theirs)
    assert (name, compared, differ, largest) == ("orders", 4, 1, 0.25)
    assert which == "number 2: 12, 15"
