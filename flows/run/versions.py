"""Stored models on disk: a folder for each version, and a file that names the champion.

A version is never written over. Its name is a hash of its manifest, and the manifest has the
checksums of its files and the name of the version before; so a name stands for all that led to it.
A night takes the newest version of an earlier night, following that chain from the champion: the
same night again takes the same one, whatever it stored meanwhile.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from flows.errors import ModelsRefusedError
from flows.run.staging import checksum, read_json, write_bytes, write_json

CHAMPION, MANIFEST, MODELS = "champion.json", "manifest.json", "models.parquet"
LENGTH_OF_VERSION = 12


def store_version(folder: Path, content: bytes, facts: Mapping[str, Any]) -> str:
    """Write a version, unless it is there, and return its name; the champion stays.

    The manifest is written last, so that a version without one is none.

    Parameters
    ----------
    folder : of all versions
    content : of the file of models
    facts : what else is known of it, "as_of" and "before" (the version it came from, or null)
        among them
    """
    sums = {MODELS: hashlib.sha256(content).hexdigest()}
    manifest = {"files": sums, **facts}
    version = _name(manifest)
    own = folder / f"v={version}"
    if not _is_whole(own, manifest):
        write_bytes(own / MODELS, content)
        write_json(own / MANIFEST, manifest)
    return version


def _is_whole(own: Path, manifest: Mapping[str, Any]) -> bool:
    try:
        return bool(read_json(own / MANIFEST) == manifest) and not _torn(own, manifest)
    except (OSError, ValueError):
        return False


def _name(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH_OF_VERSION]


def _torn(own: Path, manifest: Mapping[str, Any]) -> list[str]:
    files = dict(manifest["files"])
    return [
        name for name in files if not (own / name).is_file() or checksum(own / name) != files[name]
    ]


def read_manifest(folder: Path, version: str) -> dict[str, Any]:
    """Return what is known of a version.

    Raises
    ------
    ModelsRefusedError
        Where there is no such version, or its manifest is not what was written.
    """
    path = folder / f"v={version}" / MANIFEST
    try:
        manifest = dict(read_json(path))
        date.fromisoformat(manifest["as_of"])
        dict(manifest["files"])
    except FileNotFoundError as error:
        raise ModelsRefusedError(
            f"models {version}: there is no such version in {folder}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelsRefusedError(f"models {version}: {path} is torn ({error})") from error
    if "before" in manifest and _name(manifest) != version:
        raise ModelsRefusedError(f"models {version}: {path} is not what was written (checksum)")
    return manifest


def read_models(folder: Path, version: str) -> bytes:
    """Return the file of models of a version.

    Raises
    ------
    ModelsRefusedError
        Where it is gone, or not what was written.
    """
    known = read_manifest(folder, version)["files"].get(MODELS)
    path = folder / f"v={version}" / MODELS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelsRefusedError(f"models {version}: {path} cannot be read ({error})") from error
    if hashlib.sha256(content).hexdigest() != known:
        raise ModelsRefusedError(f"models {version}: {path} is not what was written (checksum)")
    return content


def read_champion(folder: Path) -> str | None:
    """Return the version that is champion, or None where nothing was stored yet.

    Raises
    ------
    ModelsRefusedError
        Where the file that names it is torn.
    """
    try:
        return str(read_json(folder / CHAMPION)["version"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelsRefusedError(
            f"{folder / CHAMPION} does not name a version of models; name one with "
            "`almanac models promote`"
        ) from error


def version_for(folder: Path, night: date) -> str | None:
    """Return the version that a night takes: the newest of an earlier one; None where none is.

    Raises
    ------
    ModelsRefusedError
        Where the champion, or a manifest on the way from it, is gone or torn.
    """
    for version, manifest in history(folder, read_champion(folder)):
        if date.fromisoformat(manifest["as_of"]) < night:
            return version
    return None


def history(folder: Path, version: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a version and those it came from, the newest first, with their manifests."""
    while version is not None:
        manifest = read_manifest(folder, version)
        yield version, manifest
        version = manifest.get("before")


def list_versions(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return every version in a folder, the newest night first."""
    names = [path.parent.name.removeprefix("v=") for path in folder.glob(f"v=*/{MANIFEST}")]
    found = [(name, read_manifest(folder, name)) for name in sorted(names)]
    return sorted(found, key=lambda each: str(each[1]["as_of"]), reverse=True)


def promote(folder: Path, version: str) -> None:
    """Make a version the champion, in one step.

    Raises
    ------
    ModelsRefusedError
        Where there is no such version, or a file of it is gone or torn.
    """
    torn = _torn(folder / f"v={version}", read_manifest(folder, version))
    if torn:
        raise ModelsRefusedError(f"models {version}: {torn[0]} is not what was written (checksum)")
    write_json(folder / CHAMPION, {"version": version})


def roll_back(folder: Path) -> tuple[str, str]:
    """Make the version that the champion came from the champion; return the two names.

    Raises
    ------
    ModelsRefusedError
        Where there is no champion, or none before it.
    """
    champion = read_champion(folder)
    if champion is None:
        raise ModelsRefusedError(f"there is no champion in {folder}")
    before = read_manifest(folder, champion).get("before")
    if before is None:
        raise ModelsRefusedError(f"models {champion}: there is no version before it in {folder}")
    promote(folder, str(before))
    return champion, str(before)
