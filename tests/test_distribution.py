"""The distribution: our packages are ours, and the lock is a lock."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "deployments",
    "flows",
    "forecasting",
    "inventory",
    "kernels",
    "reports",
    "risk",
    "storage",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_top_level_package_resolves_inside_this_distribution(name):
    module = importlib.import_module(name)
    assert Path(module.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_has_pinned_names_and_hashes_and_no_addresses(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert lines
    for line in lines:
        assert re.match(r"^[a-z0-9][a-z0-9._-]*==\S+( ; .+)? \\$", line), line
    assert text.count("==") - text.count("python_full_version ==") >= len(lines)
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_development_lock_holds_what_the_run_lock_holds():
    def pins(lock):
        text = (ROOT / lock).read_text(encoding="utf-8")
        return set(re.findall(r"(?m)^([a-z0-9][^ ]*==[^ ]+)", text))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
