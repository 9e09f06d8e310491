"""Processes that share a cache compile a kernel once, and each signature keeps its own code."""

import subprocess
import sys

import pytest

from kernels import compile_turns
from kernels.compile_cache import HERE

# Compiles slowly enough for whoever starts with it to come while it does.
KERNEL = """
import math, time
from numba import njit
from numba.extending import overload

def waits(): raise NotImplementedError

@overload(waits)
def _waits():
    time.sleep(SECONDS)
    return lambda: 2

@njit(cache=True)
def inner(x):
    return waits() * x

@njit(cache=True)
def outer(x):
    return inner(x) + 1
"""
LIFE = """
import sys, time; sys.path.insert(0, sys.argv[1])
from kernels.slow import inner, outer
from numba.core.caching import IndexDataCacheFile
write_index = IndexDataCacheFile._save_index
def write_late(self, overloads):
    # Long after it was read.
    time.sleep(1.0)
    write_index(self, overloads)
IndexDataCacheFile._save_index = write_late
arguments = [complex(a) if "j" in a else float(a) if "." in a else int(a) for a in sys.argv[2:]]
found = [outer(argument) for argument in arguments]
assert found == [2 * argument + 1 for argument in arguments], found
assert [type(one) for one in found] == [type(one) for one in arguments]
for kernel in (inner, outer):
    print(sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values()))
"""


@pytest.fixture
def package(tmp_path):
    root = tmp_path / "kernels"
    root.mkdir()
    for path in (HERE / "__init__.py", *HERE.glob("compile_*.py")):
        (root / path.name).write_text(path.read_text())
    (root / "slow.py").write_text(KERNEL.replace("SECONDS", "2.0"))
    return tmp_path


def begin(folder, *arguments):
    command = [sys.executable, "-c", LIFE, str(folder), *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def end(process):
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return said.split()


def test_of_processes_that_need_a_kernel_at_once_one_compiles_it(package):
    lives = [begin(package, "1") for _ in range(3)]
    counted = [end(life) for life in lives]
    # Who reads the outer kernel needs no inner one.
    assert sorted(counted) == [["0", "0", "1", "0"]] * 2 + [["0", "1", "0", "1"]]


def test_signatures_kept_at_once_keep_their_own_code(package):
    arguments = ("1", "1.5", "2j")
    for life in [begin(package, argument) for argument in arguments]:
        end(life)
    assert end(begin(package, *arguments))[2:] == ["3", "0"]


@pytest.fixture
def no_wait(monkeypatch):
    monkeypatch.setattr(compile_turns, "_LONGEST_WAIT", 0.0)
    return compile_turns


def is_free(path):
    script = (
        "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'ab'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def test_a_turn_lasts_until_its_end(tmp_path):
    path = tmp_path / "turn"
    compile_turns.take_turn(path)
    compile_turns.take_turn(path)
    compile_turns.end_turn(path)
    assert not is_free(path)
    compile_turns.end_turn(path)
    assert is_free(path)
    compile_turns.end_turn(path)


def test_a_turn_ends_with_what_it_was_taken_within(tmp_path):
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    compile_turns.take_turn(outer)
    compile_turns.take_turn(inner)
    compile_turns.end_turn(outer)
    assert is_free(outer)
    assert is_free(inner)


def test_nobody_waits_for_ever_for_a_process_that_was_stopped(tmp_path, no_wait):
    path = tmp_path / "turn"
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from kernels.compile_turns import take_turn; from pathlib import Path\n"
        "take_turn(Path(sys.argv[2])); print('taken', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(HERE.parent), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "taken\n"
    no_wait.take_turn(path)
    no_wait.end_turn(path)
    holder.communicate()
    assert is_free(path)
