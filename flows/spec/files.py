"""Job specs as TOML files."""

import re
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flows.errors import JobRefusedError, told_together
from flows.spec.job import JobSpec
from flows.spec.places import key_at, keys_beside, say_nearest
from storage.stores import without_secrets

# What the one pattern of a job spec says.
_NAME = "it may have 64 lower-case letters, digits, - and _, and begins with a letter or digit"


def load_job(path: Path) -> JobSpec:
    """Read a job spec; relative paths in it start at the file's folder.

    Raises
    ------
    JobRefusedError
        Where the file is missing, is not TOML, or breaks the model; each mistake is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise JobRefusedError(f"job {path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise JobRefusedError(
            f"job {path}: is not UTF-8 text (see line {line}); save it as UTF-8"
        ) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise JobRefusedError(f"job {path}: is not TOML ({error}){_of_paths(error)}") from error
    return parse_job({"folder": str(path.resolve().parent), **content}, str(path))


def _of_paths(error: tomllib.TOMLDecodeError) -> str:
    """Return what to do with a path of Windows in double quotes, where it is what is wrong."""
    of_backslash = any(text in str(error) for text in ("hex value", "Unescaped '\\'"))
    return "; in double quotes write a path with /, or put it in single ones" * of_backslash


def parse_job(content: dict[str, Any], origin: str) -> JobSpec:
    """Return the job in ``content``, or refuse it by all its mistakes after ``origin``."""
    try:
        return JobSpec.model_validate(content)
    except ValidationError as error:
        told = told_together("mistakes", _reasons(error, content))
        raise JobRefusedError(f"job {origin}: {told}") from error


def _reasons(error: ValidationError, content: dict[str, Any]) -> list[str]:
    """Return a reason for each key that is wrong, and none for what follows from another one."""
    advice: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False):
        # A default that is made from a refused key, and a list short of refused items.
        follows = problem["type"] == "default_factory_not_called"
        if not follows and not (problem["type"] == "too_short" and problem["input"]):
            what, why = _reason(problem, key_at(JobSpec, content, problem["loc"]))
            advice.setdefault(what, []).append(why)
    return [": ".join(filter(None, (what, " or ".join(whys)))) for what, whys in advice.items()]


def _reason(problem: ErrorDetails, where: str) -> tuple[str, str]:
    """Return what is wrong at a key, and why or what may be there."""
    if problem["type"] == "extra_forbidden":
        known = keys_beside(JobSpec, problem["loc"])
        return f"unknown key `{where}`", say_nearest(str(problem["loc"][-1]), known)
    if problem["type"] == "missing":
        return f"key `{where}` is missing", ""
    if problem["type"] == "union_tag_invalid":
        kind, allowed = problem["ctx"]["tag"], problem["ctx"]["expected_tags"]
        return f"`{where}.kind` is {kind!r}", f"it may be {allowed}"
    if problem["type"] == "value_error":
        return f"`{where}`" if where else "", str(problem["ctx"]["error"])
    given = without_secrets(repr(problem["input"]))
    pattern = problem["type"] == "string_pattern_mismatch"
    allowed = problem["msg"].replace("tuple", "list").replace("Tuple", "List")
    allowed = re.sub(r"dictionary( or instance of \w+)?", "table", allowed)
    return f"`{where}` is {given}", _NAME if pattern else allowed


def job_as_toml(job: JobSpec) -> str:
    """Return ``job`` as TOML that `load_job` reads back.

    The folder is left out, and defaults but for those that another key decides.
    """
    content = job.model_dump(exclude_none=True, exclude_defaults=True, exclude={"folder"})
    return tomli_w.dumps(content)
