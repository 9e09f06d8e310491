"""Docstrings: every public name has one, and a measure's says what its figures mean."""

import dataclasses
import inspect
import pkgutil
import re
from importlib import import_module

import pytest

import risk
from kernels.arrays import Floats

# Whose functions return figures of risk, and what in them does not.
MEASURES = (
    "risk.backtests",
    "risk.greeks.sensitivities",
    "risk.linear_books",
    "risk.measures",
    "risk.outlook",
    "risk.profiles",
    "risk.replays",
    "risk.rolling",
    "risk.stress",
    "risk.what_if",
)
NO_MEASURES = {
    "by_book",
    "chi_square_judgement",
    "control_of",
    "judged_days",
    "overlap_of",
    "require_fraction",
    "require_names",
    "require_same_days",
    "tail_length",
    "tail_weights",
    "tails_of_chunk",
}
UNIT = r"money|fraction|ratio|probabilit|share|days|multiples|statistic|units|scenarios|reporting"
SOURCE = r"\((18|19|20)\d\d\)"


def modules():
    return [import_module(m.name) for m in pkgutil.walk_packages(risk.__path__, "risk.")]


def public(module):
    return {
        name: found
        for name, found in vars(module).items()
        if not name.startswith("_") and getattr(found, "__module__", None) == module.__name__
    }


def functions():
    """Return every public function, what a cache or a decorator wraps taken out."""
    found = {}
    for module in modules():
        for name, own in public(module).items():
            inner = inspect.unwrap(own)
            if inspect.isfunction(inner):
                found[f"{module.__name__}.{name}"] = inner
    return found


FUNCTIONS = functions()
CLASSES = {
    f"{module.__name__}.{name}": own
    for module in modules()
    for name, own in public(module).items()
    if inspect.isclass(own)
}
RECORDS = {own for own in CLASSES.values() if dataclasses.is_dataclass(own)}
FIGURES = {
    name: own
    for name, own in FUNCTIONS.items()
    if name.startswith(MEASURES) and own.__name__ not in NO_MEASURES
}


def names(text, word):
    return re.search(rf"\b{word}\b", text) is not None


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_every_module_says_what_it_holds(module):
    assert inspect.getdoc(module)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_docstring_that_names_its_arguments(name):
    told = FUNCTIONS[name].__doc__
    assert told
    absent = [word for word in inspect.signature(FUNCTIONS[name]).parameters if word not in told]
    assert absent == []


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_a_docstring_that_names_its_fields(name):
    own = CLASSES[name]
    told = own.__doc__
    assert told
    fields = [field.name for field in dataclasses.fields(own)] if own in RECORDS else []
    assert [field for field in fields if not names(told, field)] == []
    for member in vars(own).values():
        function = member.fget if isinstance(member, property) else member
        if inspect.isfunction(function) and not function.__name__.startswith("_"):
            assert function.__doc__


@pytest.mark.parametrize("name", FIGURES)
def test_every_measure_gives_its_unit_and_source(name):
    told = FIGURES[name].__doc__
    assert re.search(UNIT, told, flags=re.IGNORECASE)
    assert "References\n" in told
    cited = told.partition("References\n")[2]
    assert re.search(SOURCE, cited)
    # A short citation in a function is a whole one at the head of its module.
    module = inspect.getmodule(FIGURES[name])
    whole = " ".join(module.__doc__.split())
    for year in re.finditer(SOURCE, cited):
        assert year.group() in whole


@pytest.mark.parametrize("name", FIGURES)
def test_every_measure_of_arrays_says_what_a_missing_value_does_and_which_sign_a_loss_has(name):
    told = FIGURES[name].__doc__
    taken = inspect.signature(FIGURES[name]).parameters.values()
    if any(Floats == parameter.annotation for parameter in taken):
        assert "NaN" in told
    if {"losses", "total", "before"} & {parameter.name for parameter in taken}:
        assert "positive" in told or "`allocate`" in told


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_raises_says_so(name):
    own = FUNCTIONS[name]
    if re.search(r"^\s+raise ", inspect.getsource(own), flags=re.MULTILINE):
        assert "Raises\n" in own.__doc__


def test_what_is_no_measure_is_there():
    assert {own.__name__ for own in FUNCTIONS.values()} >= NO_MEASURES
