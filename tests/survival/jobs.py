"""A night small enough to be run hundreds of times, and what it published as digests."""

import hashlib
import shutil

from flows.demo import write_demo
from flows.sample import SampleSize
from flows.spec import BacktestSpec, RegistrySpec, load_job
from storage.tables import OUTPUT_TABLES
from tests.flows.sample_nights import tables_of

SMALL = SampleSize(warehouses=2, items=8, days=120, portfolios=4)
# These say when and how long a run ran, and on which machine; another run of the same night
# differs in them and in nothing else.
TIMES = {
    "runs": ["started_at", "finished_at"],
    "run_steps": ["seconds", "peak_memory_mb", "reused_chunks"],
}


def write_small(folder):
    """Write the sample that every night of these tests is of."""
    write_demo(folder, SMALL)
    return folder


def job_in(folder, sample, **outputs):
    """Copy the sample to ``folder``, and return the job there."""
    shutil.copytree(sample, folder)
    return small_job(folder, **outputs)


def small_job(folder, **outputs):
    """Return the job of the sample in ``folder``."""
    job = load_job(folder / "demo.toml")
    past = BacktestSpec(days=40, window=60, scenarios=500)
    light = {"scenarios": 1_000, "history": 120, "backtest": past, "randomisations": 2}
    short = {"periods": 14, "refresh": 7, "paths": 20, "windows": 1}
    replayed = job.stock.backtest.model_copy(update=short)
    few = {"paths": 20, "candidates": 3, "backtest": replayed}
    changes = {
        "demand": job.demand.model_copy(update={"horizon": 28, "windows": 1}),
        "stock": job.stock.model_copy(update=few),
        "risk": job.risk.model_copy(update=light),
        "execution": job.execution.model_copy(
            update={"chunk_entities": 8, "failure_threshold": 0.0}
        ),
        "outputs": job.outputs.model_copy(update=outputs),
    }
    return job.model_copy(update=changes)


def keeping_models(job):
    """Return the job with a registry of the models that it fits."""
    names = ("smooth", "erratic", "intermittent", "lumpy")
    changes = {"line_up": dict.fromkeys(names, ("AutoETS",)), "registry": RegistrySpec()}
    return job.model_copy(update={"demand": job.demand.model_copy(update=changes)})


def digests_of(job):
    """Return a digest of the bytes of every value, by table."""
    return {name: _digest(name, frame) for name, frame in tables_of(job).items()}


def _digest(name, frame):
    kept = frame.drop(columns=TIMES.get(name, []))
    digest = hashlib.sha256(f"{OUTPUT_TABLES[name].column_names}{kept.shape}".encode())
    for column in kept.columns:
        values = kept[column]
        if values.dtype.kind == "f":
            digest.update(values.to_numpy().tobytes())
        else:
            digest.update("\x1f".join(map(repr, values.tolist())).encode())
    return digest.hexdigest()


def assert_identity(tables):
    """In = published + rejected + failed, for every input."""
    entities = tables["run_entities"]
    parts = entities["published"] + entities["rejected"] + entities["failed"]
    assert (entities["entities_in"] == parts).all()
    assert (entities["entities_in"] > 0).any()
