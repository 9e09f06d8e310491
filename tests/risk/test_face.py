"""The package's public face: every name is there, and none costs a program that does not ask."""

import subprocess
import sys
from importlib import import_module

import pytest

import risk


@pytest.mark.parametrize("name", risk.__all__)
def test_every_name_of_the_face_is_what_its_home_has(name):
    assert getattr(risk, name) is getattr(import_module(risk._HOME_OF[name]), name)


def test_the_face_and_the_homes_have_the_same_names():
    assert set(risk.__all__) == set(risk._HOME_OF)
    with pytest.raises(AttributeError, match="module 'risk' has no attribute 'nothing'"):
        risk.nothing  # noqa: B018 - the access is what fails


def test_linear_books_ask_for_no_frames():
    seen = "import sys, risk.linear_books; print(*{'pandas', 'scipy.stats'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", seen], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
