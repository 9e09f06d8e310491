"""Stored models on disk: a folder for each version, and a file that names the champion.

A version is never written over; the models of old ones are removed (`flows.run.version_limits`),
and their manifests stay. A version's name is a hash of its manifest, and the manifest has the
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

CHAMPION, MANIFEST = "champion.json", "manifest.json"
MODELS, CHAMPIONS = "models.parquet", "champions.parquet"
LENGTH_OF_VERSION = 12
# Whose file is `MODELS`; the others have one each.
FIRST_KEPT = "AutoETS"


def models_file(name: str) -> str:
    """Return the file of a version that has the fits of a model, by the model's name."""
    return MODELS if name == FIRST_KEPT else f"models-{name}.parquet"


def say_outcomes(manifest: Mapping[str, Any]) -> str:
    """Say what became of the series of a version, and of their champions where these are kept.

    Parameters
    ----------
    manifest : of the version; of `FIRST_KEPT` it has "counts", of the other models "others"
    """
    others = {name: facts["counts"] for name, facts in manifest.get("others", {}).items()}
    told = [_say(manifest.get("counts", {}))]
    told += [f"{name}: {_say(counts)}" for name, counts in others.items()]
    kept = _say(manifest.get("champion_counts", {}))
    told += [f"champions: {kept}"] if kept else []
    return "; ".join(each for each in told if each)


def most_series(manifest: Mapping[str, Any]) -> int:
    """Return the series of the model of a version that most of them have."""
    others = [int(facts["series"]) for facts in manifest.get("others", {}).values()]
    return max([int(manifest.get("series", 0)), *others])


def _say(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())


def store_version(folder: Path, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> str:
    """Write a version, unless it is there, and return its name; the champion stays.

    The manifest is written last, so that a version without one is none.

    Parameters
    ----------
    folder : of all versions
    files : by name, `MODELS` among them
    facts : what else is known of it, "as_of" and "before" (the version it came from, or null)
        among them
    """
    if not _has_versions(folder) and not (folder / CHAMPION).exists():
        # Whose absence beside versions then means that it was lost.
        write_json(folder / CHAMPION, {"version": None})
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    manifest = {"files": sums, **facts}
    version = _name(manifest)
    own = folder / f"v={version}"
    if not _is_whole(own, manifest):
        for name, content in files.items():
            write_bytes(own / name, content)
        write_json(own / MANIFEST, manifest)
    return version


def _has_versions(folder: Path) -> bool:
    return next(folder.glob(f"v=*/{MANIFEST}"), None) is not None


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


def read_models(folder: Path, version: str, name: str = MODELS) -> bytes:
    """Return a file of a version, its models' where no name is given.

    Raises
    ------
    ModelsRefusedError
        Where it is gone, was removed as an old one, or is not what was written.
    """
    known = read_manifest(folder, version)["files"].get(name)
    path = folder / f"v={version}" / name
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelsRefusedError(
            f"models {version}: {path} is gone; `keep` in [demand.registry] says how many of the "
            "newest versions stay"
        ) from error
    except OSError as error:
        raise ModelsRefusedError(f"models {version}: {path} cannot be read ({error})") from error
    if hashlib.sha256(content).hexdigest() != known:
        raise ModelsRefusedError(f"models {version}: {path} is not what was written (checksum)")
    return content


def read_champion(folder: Path) -> str | None:
    """Return the version that is champion, or None where nothing was promoted yet.

    Raises
    ------
    ModelsRefusedError
        Where the file that names it is torn, or gone from beside stored versions.
    """
    version = _read_choice(folder)["version"]
    return None if version is None else str(version)


def chosen_versions(folder: Path) -> list[str]:
    """Return the versions that were promoted or rolled back to by hand, the last one last.

    Raises
    ------
    ModelsRefusedError
        As for `read_champion`.
    """
    return [str(version) for version in _read_choice(folder).get("chosen", [])]


def _read_choice(folder: Path) -> dict[str, Any]:
    path = folder / CHAMPION
    advice = "name one with `almanac models promote`"
    try:
        choice = dict(read_json(path))
        return {**choice, "version": choice["version"], "chosen": list(choice.get("chosen", []))}
    except FileNotFoundError as error:
        if not _has_versions(folder):
            return {"version": None}
        raise ModelsRefusedError(
            f"{path} is gone, and there are versions of models beside it; {advice}, or name "
            "another folder in [demand.registry] to begin anew"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelsRefusedError(f"{path} does not name a version of models; {advice}") from error


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


def promote(folder: Path, version: str, *, by_hand: bool = True) -> None:
    """Make a version the champion, in one step.

    Parameters
    ----------
    folder : of all versions
    version : its name
    by_hand : whether somebody chose it, so that its models are never removed; else a night did

    Raises
    ------
    ModelsRefusedError
        Where there is no such version, or a file of it is gone or torn.
    """
    manifest = read_manifest(folder, version)
    torn = _torn(folder / f"v={version}", manifest)
    if torn:
        raise ModelsRefusedError(
            f"models {version}: {torn[0]} is gone, or not what was written (checksum)"
        )
    try:
        chosen = chosen_versions(folder)
    except ModelsRefusedError:
        # What cannot be read is what somebody mends by promoting.
        if not by_hand:
            raise
        chosen = []
    if by_hand and "before" in manifest:
        chosen = [*(name for name in chosen if name != version), version]
    write_json(folder / CHAMPION, {"version": version, **({"chosen": chosen} if chosen else {})})


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
