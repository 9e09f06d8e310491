"""Where the global model is kept: a folder for each version, and a file that names the champion."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from flows.errors import JobRefusedError
from flows.run import checksum, read_json, write_json, write_text
from flows.run.versions import CHAMPION, LENGTH_OF_VERSION, MANIFEST
from flows.spec import JobSpec
from forecasting.drivers import DriverPipeline
from forecasting.models.global_model import FeatureRecipe
from forecasting.training import TrainedTexts

PIPELINE, RECIPE = "pipeline.json", "recipe.json"


@dataclass(frozen=True)
class StoredModel:
    """A version of the global model.

    Parameters
    ----------
    version : hash of what it is made of
    pipeline : that made the columns it was taught
    trained : the trees
    """

    version: str
    pipeline: DriverPipeline
    trained: TrainedTexts


def store_model(
    folder: Path, trained: TrainedTexts, pipeline: DriverPipeline, facts: Mapping[str, Any]
) -> str:
    """Write a version, make it the champion, and return its name.

    A version is never written over; the champion's file is replaced in one step and last, so that
    a night finds a whole model at any moment.

    Parameters
    ----------
    folder : of all versions
    trained, pipeline : what is stored
    facts : what else is known of it, for the manifest: data, settings, versions of libraries
    """
    files = {f"trees-{n}.txt": text for n, text in enumerate(trained.texts)}
    files[PIPELINE] = pipeline.to_json()
    content = "\x1f".join(f"{name}\x1e{text}" for name, text in sorted(files.items()))
    version = hashlib.sha256(content.encode()).hexdigest()[:LENGTH_OF_VERSION]
    own = folder / f"v={version}"
    for name, text in files.items():
        write_text(own / name, text)
    write_json(own / RECIPE, trained.recipe.fields())
    sums = {name: checksum(own / name) for name in sorted([*files, RECIPE])}
    taught = {"until": trained.until.tolist(), "rows": trained.rows.tolist()}
    write_json(own / MANIFEST, {"version": version, "files": sums, **taught, **facts})
    write_json(folder / CHAMPION, {"version": version})
    return version


def champion_of(job: JobSpec) -> StoredModel | None:
    """Return the champion of the job's folder; None where the job takes no global model.

    Raises
    ------
    JobRefusedError
        Where there is none, or a file of it is gone or no longer what was written.
    """
    spec = job.demand.global_model if job.demand else None
    if spec is None:
        return None
    folder = job.path(spec.folder)
    version = champion_version(folder)
    own = folder / f"v={version}"
    try:
        manifest = read_json(own / MANIFEST)
        _hold(own, manifest["files"])
        recipe = FeatureRecipe.of(read_json(own / RECIPE))
        pipeline = DriverPipeline.from_json((own / PIPELINE).read_text(encoding="utf-8"))
        texts = [
            (own / f"trees-{n}.txt").read_text(encoding="utf-8")
            for n in range(len(manifest["until"]))
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobRefusedError(
            f"the global model in {own} cannot be read ({error}); teach one anew with "
            "`almanac train`"
        ) from error
    until, rows = (np.array(manifest[name], np.int64) for name in ("until", "rows"))
    return StoredModel(version, pipeline, TrainedTexts(recipe, until, tuple(texts), rows))


def _hold(own: Path, files: Mapping[str, str]) -> None:
    torn = [name for name, known in files.items() if checksum(own / name) != known]
    if torn:
        raise ValueError(f"{torn[0]} is not what was written")


def champion_version(folder: Path) -> str:
    """Return the version that nights take.

    Raises
    ------
    JobRefusedError
        Where none was taught, or the file that names it is torn.
    """
    try:
        return str(read_json(folder / CHAMPION)["version"])
    except FileNotFoundError as error:
        raise JobRefusedError(
            f"[demand.global_model]: there is none in {folder}; teach one with `almanac train`"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobRefusedError(
            f"{folder / CHAMPION} does not name a model; teach one anew with `almanac train`"
        ) from error
