"""A run in progress: its identity, its folder, and how far it came."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from flows.errors import JobRefusedError, told_together
from flows.run.chunks import failed_chunks, set_aside
from flows.run.devices import place
from flows.run.identity import code_version, fingerprint_inputs, night_of, run_id_of
from flows.run.staging import Staging, read_json, write_json
from flows.spec import JobSpec, Side, say_nearest
from forecasting import MODELS
from kernels.device import Device, DeviceError
from storage.stores import is_path

LOGGER = logging.getLogger("almanac")


@dataclass(frozen=True)
class Run:
    """One night of one job.

    Parameters
    ----------
    job : the job, restricted to the sides that run
    as_of : the night
    run_id : name of the run, the same for the same work
    device : where kernels run
    started_at : when this run was first opened, UTC
    device_reason : why "auto" took that device; empty where the job names it
    models : version of the stored models that the run takes; empty for none
    """

    job: JobSpec
    as_of: date
    run_id: str
    device: Device
    started_at: datetime
    device_reason: str = ""
    models: str = ""

    @property
    def device_words(self) -> str:
        """Where the run runs, and why where "auto" decided."""
        return f"{self.device} ({self.device_reason})" if self.device_reason else self.device

    @property
    def staging(self) -> Staging:
        """The run's folder."""
        return Staging(self.job.path(self.job.outputs.staging) / self.run_id)

    @property
    def uri(self) -> str:
        """What tasks pass on to each other."""
        return str(self.staging.folder)

    @property
    def store_url(self) -> str:
        """The store's address; a path in it is absolute."""
        address = self.job.outputs.store
        if not is_path(address):
            return address
        scheme, _, path = address.partition(":")
        return f"{scheme}:{self.job.path(path)}"

    @property
    def report(self) -> Path:
        """Where the report goes."""
        return self.job.path(self.job.outputs.report)

    def chunk_key(self, stage: str, number: int, n_chunks: int) -> str:
        """Return what the content of a chunk depends on."""
        return f"{self.run_id}/{stage}/{number}/{n_chunks}"

    def stamp(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with the run's columns in front."""
        stamped = frame.copy(deep=False)
        stamped.insert(0, "as_of", pd.Timestamp(self.as_of).as_unit("us"))
        run_id = pd.CategoricalDtype([self.run_id])
        stamped.insert(0, "run_id", pd.Series(self.run_id, index=frame.index, dtype=run_id))
        return stamped

    def save(self) -> None:
        """Write the run's identity, keeping what its state says already.

        That is how far it came, and when it was first opened: a run that goes on after a crash
        is the one that began then.
        """
        known = read_state(self.staging)
        state = {
            "run_id": self.run_id,
            "as_of": self.as_of.isoformat(),
            "device": self.device,
            "device_reason": self.device_reason,
            "models": self.models,
            "started_at": known.get("started_at", self.started_at.isoformat()),
            "code_version": code_version(),
            "job": self.job.model_dump(mode="json"),
        }
        write_json(self.staging.state, {**known, **state})


def prepare_run(job: JobSpec, only: Side | None = None) -> Run:
    """Return the run that ``job`` stands for tonight; nothing is written.

    Raises
    ------
    JobRefusedError
        Where an input does not exist, the job lacks the side asked for, a line-up names no model
        there is, or the device is absent.
    """
    try:
        restricted = job.restricted(only)
        _refuse_unknown_models(restricted)
        placement = place(restricted)
    except (ValueError, DeviceError) as error:
        raise JobRefusedError(str(error)) from error
    as_of = night_of(restricted)
    prints = fingerprint_inputs(restricted)
    run_id = run_id_of(restricted, prints, as_of)
    models = next(iter(prints.get("registry", [])), "")
    started_at = datetime.now(UTC).replace(tzinfo=None)
    return Run(restricted, as_of, run_id, placement.device, started_at, placement.reason, models)


def _refuse_unknown_models(job: JobSpec) -> None:
    unknown = [
        f"demand.line_up.{demand_class}: no model is called {name!r}: "
        f"{say_nearest(name, sorted(MODELS))}"
        for demand_class, names in (job.demand.line_up if job.demand else {}).items()
        for name in names
        if name not in MODELS
    ]
    if unknown:
        raise JobRefusedError(told_together("models are unknown", unknown))


def load_run(uri: str) -> Run:
    """Return the run whose folder is ``uri``.

    Raises
    ------
    JobRefusedError
        Where there is no run in that folder.
    """
    state = read_state(Staging(Path(uri)))
    if "job" not in state:
        raise JobRefusedError(f"run {uri}: the folder holds no run")
    return Run(
        job=JobSpec.model_validate(state["job"]),
        as_of=date.fromisoformat(state["as_of"]),
        run_id=state["run_id"],
        device=state["device"],
        started_at=datetime.fromisoformat(state["started_at"]),
        device_reason=state.get("device_reason", ""),
        models=state.get("models", ""),
    )


def read_state(staging: Staging) -> dict[str, Any]:
    """Return what is known of a run; empty where there is none, or it is torn.

    Nothing hangs on a torn one: what is done is in the chunks' own manifests.
    """
    try:
        return dict(read_json(staging.state))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        LOGGER.warning("event=state_torn path=%s", staging.state)
        return {}


def update_state(staging: Staging, changes: dict[str, Any]) -> None:
    """Record ``changes`` in the run's state."""
    write_json(staging.state, {**read_state(staging), **changes})


class Forgotten(NamedTuple):
    """What is to be tried again: entities, and the chunks that they are in."""

    entities: int
    chunks: int


def forget_failed(run: Run) -> Forgotten:
    """Make the chunks in which something failed count as not done; return what is done again.

    What is in them is kept until they are, as rows of what did not fail may be taken over. The run
    is marked first, so that a retry that is killed can be taken up again: by then its chunks have
    no failures left that would tell of it.
    """
    failed = failed_chunks(run.staging.folder)
    if failed:
        update_state(run.staging, {"retrying": True})
    for chunk in failed:
        set_aside(chunk.folder)
    entities = {(each.input, each.entity) for chunk in failed for each in chunk.failures}
    return Forgotten(len(entities), len(failed))


def is_retrying(run: Run) -> bool:
    """Return whether a retry of the run began and has not ended."""
    return bool(read_state(run.staging).get("retrying", False))
