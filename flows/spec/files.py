"""Job specs as TOML files."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from flows.errors import JobRefusedError
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
        Where the file is missing, is not TOML, or breaks the model; one sentence names it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise JobRefusedError(f"job {path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise JobRefusedError(f"job {path}: is not UTF-8 text (byte {error.start})") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise JobRefusedError(f"job {path}: is not TOML ({error})") from error
    return parse_job({"folder": str(path.resolve().parent), **content}, str(path))


def parse_job(content: dict[str, Any], origin: str) -> JobSpec:
    """Return the job in ``content``, or refuse it in one sentence that starts with ``origin``."""
    try:
        return JobSpec.model_validate(content)
    except ValidationError as error:
        raise JobRefusedError(f"job {origin}: {_first_reason(error)}") from error


def _first_reason(error: ValidationError) -> str:
    # What a default is made from was refused, and is told.
    told = error.errors(include_url=False)
    problems = [each for each in told if each["type"] != "default_factory_not_called"]
    first = problems[0]
    where = key_at(JobSpec, first["loc"])
    if first["type"] == "extra_forbidden":
        known = keys_beside(JobSpec, first["loc"])
        reason = f"unknown key `{where}`: {say_nearest(str(first['loc'][-1]), known)}"
    elif first["type"] == "missing":
        reason = f"key `{where}` is missing"
    elif first["type"] == "union_tag_invalid":
        kind, allowed = first["ctx"]["tag"], first["ctx"]["expected_tags"]
        reason = f"`{where}.kind` is {kind!r}: it may be {allowed}"
    elif first["type"] == "value_error":
        reason = str(first["ctx"]["error"]) if not where else f"`{where}`: {first['ctx']['error']}"
    else:
        given = without_secrets(repr(first["input"]))
        pattern = first["type"] == "string_pattern_mismatch"
        reason = f"`{where}` is {given}: {_NAME if pattern else first['msg']}"
    more = len(problems) - 1
    return reason if not more else f"{reason} (and {more} more)"


def job_as_toml(job: JobSpec) -> str:
    """Return ``job`` as TOML that `load_job` reads back.

    The folder is left out, and defaults but for those that another key decides.
    """
    content = job.model_dump(exclude_none=True, exclude_defaults=True, exclude={"folder"})
    return tomli_w.dumps(content)
