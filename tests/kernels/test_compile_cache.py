"""Compiled code is stale when what it was compiled from has changed, and only then."""

import os
import subprocess
import sys

import pytest

from kernels.compile_cache import HERE, imported_sources, source_stamp


@pytest.fixture
def package(tmp_path):
    root = tmp_path / "kernels"
    root.mkdir()
    (root / "near.py").write_text("from kernels.far import constant\n")
    (root / "far.py").write_text("constant = 1\n")
    (root / "other.py").write_text("import math\n\nfrom kernels import far\n")
    (root / "apart.py").write_text("from numpy import far\n")
    return root


def names(paths):
    return {path.stem for path in paths}


def test_a_module_stands_on_what_it_imports_however_far_away(package):
    (package / "top.py").write_text("from kernels.near import constant\nimport kernels.other\n")
    assert names(imported_sources(package / "top.py", package)) == {"top", "near", "far", "other"}
    assert names(imported_sources(package / "apart.py", package)) == {"apart"}


def test_an_edit_changes_the_stamps_of_what_depends_on_it_and_no_other(package):
    before = {name: source_stamp(package / f"{name}.py", package) for name in ("near", "apart")}
    (package / "far.py").write_text("constant = 2\n")
    source_stamp.cache_clear()
    after = {name: source_stamp(package / f"{name}.py", package) for name in ("near", "apart")}
    assert after["near"] != before["near"]
    assert after["apart"] == before["apart"]


def test_modules_that_import_each_other_are_read_once(package):
    (package / "far.py").write_text("import kernels.near\n")
    assert names(imported_sources(package / "near.py", package)) == {"near", "far"}


def test_every_kernel_stands_on_sources_of_its_package():
    for path in HERE.glob("*.py"):
        assert path in imported_sources(path)


SCRIPT = """
import sys; sys.path.insert(0, sys.argv[1])
from kernels.near import call
call()
print(sum(call.stats.cache_hits.values()), sum(call.stats.cache_misses.values()))
"""


def test_a_second_process_compiles_nothing_until_something_below_changes(tmp_path):
    root = tmp_path / "kernels"
    root.mkdir()
    for path in (HERE / "__init__.py", *HERE.glob("compile_*.py")):
        (root / path.name).write_text(path.read_text())
    (root / "far.py").write_text(
        "from numba import njit\n\n@njit(cache=True)\ndef one():\n    return 1\n"
    )
    (root / "near.py").write_text(
        "from numba import njit\n\nfrom kernels.far import one\n\n"
        "@njit(cache=True)\ndef call():\n    return one()\n"
    )

    def counts():
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        return done.stdout.split()

    assert counts() == ["0", "1"]
    assert counts() == ["1", "0"]
    (root / "far.py").write_text(
        "from numba import njit\n\n@njit(cache=True)\ndef one():\n    return 2\n"
    )
    assert counts() == ["0", "1"]


SEASONS = """
import hashlib
import numpy as np
from kernels.seasonal_trend import remove_seasons
offsets = np.arange(21) * 133
values = np.abs(np.random.default_rng(0).normal(50.0, 10.0, 20 * 133))
adjusted, ahead = np.empty_like(values), np.empty((20, 28))
remove_seasons(values, offsets, np.array([7]), np.array([7]), adjusted, ahead)
hits = sum(remove_seasons.stats.cache_hits.values())
print(hits, hashlib.sha256(adjusted.tobytes() + ahead.tobytes()).hexdigest())
"""


def test_code_from_the_cache_gives_the_bits_of_code_just_compiled(tmp_path):
    """A callee has a copy in each caller, and the process takes the one it met first."""

    def life():
        done = subprocess.run(
            [sys.executable, "-c", SEASONS],
            capture_output=True,
            text=True,
            check=True,
            cwd=HERE.parent,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        )
        return done.stdout.split()

    (hits, digest), (later_hits, later_digest) = life(), life()
    assert (hits, later_hits) == ("0", "1")
    assert later_digest == digest


def test_whoever_reorders_sums_has_one_copy():
    """Each copy would round in an order of its own; what is inlined everywhere has none."""
    for path in HERE.glob("*.py"):
        source = path.read_text()
        for line in source.splitlines():
            if line.startswith("@njit") and "fastmath" in line and "_FUSED" not in line:
                assert "forceinline=True" in line, path
        assert "fastmath=True" not in source, path
        if "_FUSED = {" in source:
            assert '_FUSED = {"contract"}' in source, path
