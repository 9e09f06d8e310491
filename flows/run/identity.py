"""What makes a run the same run: job, inputs, code and night."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import NoReturn

from flows.errors import JobRefusedError, told_together
from flows.run.bigquery import state_of
from flows.run.inputs import inspect_inputs
from flows.run.staging import checksum
from flows.run.versions import version_for
from flows.spec import BigQuerySource, FileSource, JobSpec
from storage.inputs import InputRefusedError

_PACKAGES = ("flows", "forecasting", "inventory", "kernels", "risk", "storage")

# These say where results go or how work is spread, and change no number; the night counts by
# itself, whether the job names it or the day does.
_WITHOUT_EFFECT: dict[str, bool | set[str]] = {
    "as_of": True,
    "folder": True,
    "outputs": True,
    "execution": {"task_runner", "workers", "chunk_entities"},
}


@cache
def code_version() -> str:
    """Return the version and a fingerprint of the source that makes numbers."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        root = Path(str(files(package)))
        for source in sorted(root.rglob("*.py")):
            digest.update(source.relative_to(root.parent).as_posix().encode())
            digest.update(source.read_bytes())
    return f"{version('almanac')}+{digest.hexdigest()[:12]}"


def fingerprint_inputs(job: JobSpec) -> dict[str, list[str]]:
    """Return what each input held: files' SHA-256, the state of tables, and what models are taken.

    Raises
    ------
    JobRefusedError
        Where an input is not there or cannot be read; it names every other such input too.
    ModelsRefusedError
        Where the registry's champion is gone or torn.
    TransientStoreError
        Where BigQuery cannot be reached.
    """
    absent = _absent(job)
    if absent:
        _refuse(job, absent)
    prints: dict[str, list[str]] = {}
    for table, source in job.inputs.given().items():
        try:
            if isinstance(source, FileSource):
                prints[table] = [_fingerprint(table, job.path(file), file) for file in source.files]
            if isinstance(source, BigQuerySource):
                prints[table] = [state_of(table, source, night_of(job))]
        except (InputRefusedError, JobRefusedError) as error:
            _refuse(job, {table: [str(error)]}, error)
    spec = job.demand.global_model if job.demand else None
    if spec is not None:
        champion = job.path(spec.folder) / "champion.json"
        if not champion.is_file():
            raise JobRefusedError(
                f"demand.global_model: there is none in {champion.parent}; teach one with "
                "`almanac train`"
            )
        prints["global_model"] = [checksum(champion)]
    registry = job.demand.registry if job.demand else None
    if registry is not None:
        version = version_for(job.path(registry.folder), night_of(job))
        prints["registry"] = [] if version is None else [version]
    return prints


def _absent(job: JobSpec) -> dict[str, list[str]]:
    """Return what is said of files that are not there, by input."""
    absent: dict[str, list[str]] = {}
    for table, source in job.inputs.given().items():
        for file in source.files if isinstance(source, FileSource) else ():
            path = job.path(file)
            if not path.exists():
                reason = f"does not exist (looked for {path}){_of_pattern(file)}"
            elif not path.is_file():
                reason = "is not a file; name one, or list several in `paths`"
            else:
                continue
            absent.setdefault(table, []).append(f"inputs.{table}: {file} {reason}")
    return absent


def _refuse(
    job: JobSpec, refused: Mapping[str, list[str]], cause: Exception | None = None
) -> NoReturn:
    """Refuse the inputs, and in the same breath others that cannot be read."""
    own = list(chain(*refused.values()))
    _, others = inspect_inputs(job, night_of(job), refused=refused)
    what = "files are not there" if cause is None and not others else "inputs cannot be read"
    raise JobRefusedError(told_together(what, [*own, *others])) from cause


def _of_pattern(file: str) -> str:
    return "; a name is no pattern: list the files in `paths`" * any(sign in file for sign in "*?[")


def _fingerprint(table: str, path: Path, written: str) -> str:
    try:
        return checksum(path)
    except OSError as error:
        raise JobRefusedError(
            f"inputs.{table}: {written} cannot be read ({error.strerror})"
        ) from error


def night_of(job: JobSpec) -> date:
    """Return the night the job is for: its own, or today (UTC)."""
    return job.as_of or datetime.now(UTC).date()


def run_id_of(job: JobSpec, prints: Mapping[str, list[str]], as_of: date) -> str:
    """Return the run's id: the job's name and a hash of all that determines its numbers."""
    content = {
        "job": job.model_dump(mode="json", exclude=_WITHOUT_EFFECT),
        "inputs": {table: list(found) for table, found in prints.items()},
        "code": code_version(),
        "as_of": as_of.isoformat(),
    }
    text = json.dumps(content, sort_keys=True)
    return f"{job.name}-{as_of:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
