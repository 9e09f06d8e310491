"""What a run of the tests leaves in the temporary directory."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

TESTS = """
from tests.scratch import UNTIL_END, folder_until_end


def test_of_a_server(tmp_path, tmp_path_factory):
    (tmp_path_factory.mktemp("shared") / "file").touch()
    (tmp_path / "file").touch()
    folder = folder_until_end("server")
    UNTIL_END.callback(lambda: (folder / "ended").touch())
"""


@pytest.mark.parametrize("processes", [0, 1])
def test_nothing_stays_after_tests_that_pass(tmp_path, processes):
    (tmp_path / "tests").mkdir()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "tests" / "test_server.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        ROOT / "pyproject.toml",
        "-p",
        "tests.conftest",
    ]
    subprocess.run(
        [*command, "-p", "no:cacheprovider", f"-n{processes}", tmp_path / "tests"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    left = [path for path in (tmp_path / "temporary").rglob("*") if path.is_file()]
    assert left == []
    assert not list((tmp_path / "temporary").glob("almanac-*"))
