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
