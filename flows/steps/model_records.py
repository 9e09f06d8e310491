"""Stored models told to a tracking server: each version is one record of MLflow.

Experiments are jobs, and their runs are versions: how many series each model has and what became of
them, and how the champions did in their backtests, series alike.
"""

import logging
import os

import numpy as np
import pandas as pd

from flows.run import CHAMPIONS, FIRST_KEPT, Run
from flows.steps.registry import Kept
from flows.steps.version_tables import read_frame, registry_folder

LOGGER = logging.getLogger("almanac")
VERSION = "almanac.version"
# A server that does not answer holds a night up for as long; its tables are out by then.
PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
# Of champions' backtests, and of seasonal naive's beside them.
_ACCURACIES = ("mase", "rmsse", "pinball")


def record_version(run: Run, kept: Kept) -> str | None:
    """Record a version where the job names a tracking server; return why not, where that failed.

    The same version again is the same record.

    Parameters
    ----------
    run : published already
    kept : what it left
    """
    address = run.job.outputs.mlflow
    if address is None:
        return None
    try:
        _record(address, run, kept)
    except Exception as error:  # noqa: BLE001 - a library's and a server's faults; the night is out
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        LOGGER.warning("event=models_not_recorded version=%s reason=%r", kept.version, reason)
        return reason
    LOGGER.info("event=models_recorded version=%s", kept.version)
    return None


def _record(address: str, run: Run, kept: Kept) -> None:
    for name, value in {**PATIENCE, "MLFLOW_DISABLE_TELEMETRY": "true"}.items():
        os.environ.setdefault(name, value)
    # An extra, and slow to import: only a job that asks for it waits.
    from mlflow import MlflowClient  # noqa: PLC0415
    from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    client = MlflowClient(tracking_uri=address)
    name = run.job.name
    experiment = client.get_experiment_by_name(name)
    own = experiment.experiment_id if experiment else client.create_experiment(name)
    found = client.search_runs([own], f"tags.`{VERSION}` = '{kept.version}'", max_results=1)
    title = f"{run.as_of.isoformat()} {kept.version}"
    record = found[0] if found else client.create_run(own, run_name=title)
    moment = record.info.start_time
    client.log_batch(
        record.info.run_id,
        metrics=[Metric(key, value, moment, 0) for key, value in _metrics(run, kept).items()],
        params=[Param(key, value) for key, value in _params(run, kept).items()],
        tags=[RunTag(key, value) for key, value in _tags(run, kept).items()],
    )
    client.set_terminated(record.info.run_id)


def _tags(run: Run, kept: Kept) -> dict[str, str]:
    return {
        VERSION: kept.version,
        "almanac.before": run.models or "",
        "almanac.folder": str(registry_folder(run)),
        "almanac.promoted": str(kept.promoted).lower(),
        "almanac.run_id": run.run_id,
    }


def _params(run: Run, kept: Kept) -> dict[str, str]:
    facts = kept.facts
    spec = run.job.demand.registry if run.job.demand else None
    assert spec is not None
    told = {name: facts[name] for name in ("as_of", "code", "frequency", "season_length")}
    asked = {name: getattr(spec, name) for name in ("drift", "periods", "champions_for")}
    own = {**told, **facts["libraries"], **asked, "models": ", ".join(spec.models)}
    return {name: str(value) for name, value in own.items()}


def _metrics(run: Run, kept: Kept) -> dict[str, float]:
    facts = kept.facts
    first = {"series": facts["series"], "counts": facts["counts"]}
    found: dict[str, float] = {}
    for model, told in {FIRST_KEPT: first, **facts.get("others", {})}.items():
        found[f"{model}/series"] = told["series"]
        found |= {f"{model}/{outcome}": count for outcome, count in told["counts"].items()}
    if "champions" in facts:
        found["champions/series"] = facts["champions"]
        found |= {f"champions/{name}": count for name, count in facts["champion_counts"].items()}
        found |= _accuracies(read_frame(registry_folder(run), kept.version, CHAMPIONS))
    return found


def _accuracies(champions: pd.DataFrame) -> dict[str, float]:
    """Return means over series of what backtests measured, where they did."""
    whose = {"champions": "own", "seasonal naive": "benchmark"}
    means = {
        f"{title}/{measure}": champions[f"{name}_{measure}"].mean()
        for title, name in whose.items()
        for measure in _ACCURACIES
    }
    return {name: float(mean) for name, mean in means.items() if np.isfinite(mean)}
