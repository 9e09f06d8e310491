"""Chunks of work: which entities belong together, and which are done already."""

import hashlib
import math
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from flows.errors import TornRunError
from flows.run.staging import checksum, holds, read_json, write_array, write_frame, write_json
from kernels.arrays import Floats, Integers, Words

MOST_CHUNKS = 200
# Of a chunk where the job does not say: work that dwarfs what a chunk costs by itself, be series
# short and models cheap, and no more paths of demand than memory holds several times.
ROWS, FEWEST_ENTITIES, MOST_ENTITIES = 100_000, 180, 1_000
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Failed:
    """One entity that a stage could not complete.

    Parameters
    ----------
    input : the input table that brought the entity
    entity : its ids, joined with "/"
    stage : where it failed
    error_type, message : what went wrong
    """

    input: str
    entity: str
    stage: str
    error_type: str
    message: str


class DomainFailure(Protocol):
    """A failure as `forecasting`, `inventory` and `risk` tell of one."""

    @property
    def entity(self) -> str:
        """Its ids, joined with "/"."""

    @property
    def stage(self) -> str:
        """Where it failed."""

    @property
    def error_type(self) -> str:
        """What went wrong."""

    @property
    def message(self) -> str:
        """The same, in a sentence."""


def as_failed(
    table: str, failures: Iterable[DomainFailure], stage: str | None = None
) -> list[Failed]:
    """Return failures as those of entities of an input.

    Parameters
    ----------
    table : the input that brought the entities
    failures : of a domain package
    stage : where they failed; None is where they say
    """
    return [
        Failed(table, each.entity, stage or each.stage, each.error_type, each.message)
        for each in failures
    ]


@dataclass(frozen=True)
class ChunkWork:
    """What a chunk produced: frames by table, entities that failed, arrays by name."""

    tables: Mapping[str, pd.DataFrame]
    failures: Sequence[Failed] = ()
    arrays: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class ChunkRecord:
    """A finished chunk, as its manifest records it.

    Parameters
    ----------
    key : what the content depends on (run, stage, number, number of chunks)
    kept_key : what the rows of an entity depend on that failed neither here nor before
    shards : Parquet file by table and NumPy file by array, relative to the chunk's folder
    checksums : SHA-256 by table or array
    failures : entities that failed
    unsettled : entities that failed before, whose rows may be others once that is done again
    reused : whether the chunk was found finished
    """

    key: str
    kept_key: str
    folder: Path
    shards: Mapping[str, str]
    checksums: Mapping[str, str]
    failures: tuple[Failed, ...]
    unsettled: tuple[str, ...]
    reused: bool

    def shard(self, table: str) -> Path:
        """Return the chunk's shard of a table, or its file of an array."""
        return self.folder / self.shards[table]

    def torn(self) -> list[Path]:
        """Return the files that are gone, or no longer what the chunk wrote."""
        files = {self.shard(name): self.checksums[name] for name in self.shards}
        return [path for path, known in files.items() if not holds(path, known)]


def entity_words(frame: pd.DataFrame, columns: Sequence[str]) -> Words:
    """Return a stable 64-bit identity for each row of ``frame``.

    Parameters
    ----------
    frame : one row per entity
    columns : the id columns that make up the entity
    """
    joined = entity_names(frame, columns, "\x1f").to_numpy(dtype=object)
    return np.asarray(pd.util.hash_array(joined, categorize=False), np.uint64)


def entity_names(frame: pd.DataFrame, columns: Sequence[str], between: str = "/") -> pd.Series:
    """Return the name of the entity of each row: its ids, joined.

    Parameters
    ----------
    frame : with the columns
    columns : the id columns that make up the entity
    between : what joins them
    """
    joined: pd.Series = frame[columns[0]].astype(str)
    for column in columns[1:]:
        joined = joined + between + frame[column].astype(str)
    return joined


def number_of_chunks(n_entities: int, chunk_entities: int | None, n_rows: int | None = None) -> int:
    """Return how many chunks entities make, one at least and `MOST_CHUNKS` at most.

    Parameters
    ----------
    n_entities : to work on
    chunk_entities : in a chunk; None takes `ROWS` rows, but `FEWEST_ENTITIES` at least and
        `MOST_ENTITIES` at most
    n_rows : of all entities; None where work does not go by rows, and a chunk takes the fewest
    """
    if chunk_entities is None:
        fitting = 0 if n_rows is None else ROWS * n_entities // max(n_rows, 1)
        chunk_entities = min(max(fitting, FEWEST_ENTITIES), MOST_ENTITIES)
    return max(1, min(MOST_CHUNKS, math.ceil(n_entities / chunk_entities)))


def assign_chunks(entities: Words, n_chunks: int) -> Integers:
    """Return the chunk of each entity; it depends on the entity and on ``n_chunks`` alone."""
    return (entities % np.uint64(n_chunks)).astype(np.int64)


def assign_groups(groups: "pd.Series[str]", entities: Words, n_chunks: int) -> Integers:
    """Return the chunk of each entity: groups stay together, and neighbours in order of name.

    A group of more entities than a chunk has on average is split.

    Parameters
    ----------
    groups : (n_entities,) name of each one's group
    entities : (n_entities,) words, which order the members of a group
    n_chunks : at most
    """
    codes, names = pd.factorize(groups, sort=True)
    counts = np.bincount(codes, minlength=len(names))
    starts = np.cumsum(counts) - counts
    places = np.empty(len(codes))
    places[np.lexsort((entities, codes))] = np.arange(len(codes))
    average = max(len(codes), 1) / n_chunks
    middles = starts + (counts - 1) / 2.0
    places = np.where((counts <= average)[codes], middles[codes], places)
    return np.asarray(places // average, dtype=np.int64)


def run_chunk(folder: Path, key: str, work: Callable[[], ChunkWork]) -> ChunkRecord:
    """Do a chunk's work, unless its manifest shows that it is done and intact.

    Shards are written first and the manifest last, so a chunk that was killed has none. A
    shard whose checksum does not hold makes the whole chunk count as not done, and what is
    left of it goes.
    """
    return take_up(folder, key) or finish_chunk(folder, key, work())


def take_up(folder: Path, key: str) -> ChunkRecord | None:
    """Return the finished chunk in ``folder``; where it must be done, what is left of it goes."""
    found = find_chunk(folder, key)
    shutil.rmtree(folder if found is None else _aside(folder), ignore_errors=True)
    return found


def finish_chunk(
    folder: Path,
    key: str,
    produced: ChunkWork,
    *,
    kept_key: str = "",
    unsettled: Collection[str] = (),
) -> ChunkRecord:
    """Write what a chunk produced, its manifest last; what was set aside of it goes then.

    Parameters
    ----------
    folder, key, produced : of the chunk
    kept_key, unsettled : as `ChunkRecord` says
    """
    shards = {table: f"{table}.parquet" for table in produced.tables}
    for table, frame in produced.tables.items():
        write_frame(folder / shards[table], frame)
    for name, array in produced.arrays.items():
        shards[name] = f"{name}.npy"
        write_array(folder / shards[name], array)
    manifest = {
        "key": key,
        "kept_key": kept_key,
        "shards": shards,
        "checksums": {table: checksum(folder / shard) for table, shard in shards.items()},
        "failures": [asdict(failure) for failure in produced.failures],
        "unsettled": sorted(unsettled),
    }
    write_json(folder / MANIFEST, manifest)
    shutil.rmtree(_aside(folder), ignore_errors=True)
    return _recorded(folder, manifest, reused=False)


def read_chunk(uri: str) -> ChunkRecord:
    """Return the finished chunk whose folder is ``uri``.

    Raises
    ------
    TornRunError
        Where its manifest is gone or torn.
    """
    folder = Path(uri)
    try:
        return _recorded(folder, read_json(folder / MANIFEST))
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise TornRunError(
            f"{folder / MANIFEST} is not what was written, so nothing was published and "
            "nothing is kept; look after the disk, and start the run again"
        ) from error


def _recorded(folder: Path, content: dict[str, Any], *, reused: bool = True) -> ChunkRecord:
    return ChunkRecord(
        content["key"],
        content["kept_key"],
        folder,
        content["shards"],
        content["checksums"],
        tuple(Failed(**failure) for failure in content["failures"]),
        tuple(content["unsettled"]),
        reused,
    )


def content_of(checksums: Iterable[str]) -> str:
    """Return what stands for the content of some shards in the key of a chunk made from them."""
    return hashlib.sha256(" ".join(checksums).encode()).hexdigest()


def find_chunk(folder: Path, key: str, holding: str | None = None) -> ChunkRecord | None:
    """Return the finished chunk in ``folder``, or None where it must be done.

    Parameters
    ----------
    folder, key : of the chunk
    holding : a shard without which it is none; None asks for none
    """
    record = _read(folder)
    if record is None or record.key != key or record.torn():
        return None
    return record if holding is None or holding in record.shards else None


def find_aside(folder: Path, kept_key: str) -> ChunkRecord | None:
    """Return the chunk of ``folder`` that was set aside, or None where nothing of it can be kept.

    Parameters
    ----------
    folder : of the chunk
    kept_key : what the rows that may be kept depend on
    """
    record = _read(_aside(folder))
    fits = record is not None and record.kept_key == kept_key and not record.torn()
    return record if fits else None


def set_aside(folder: Path) -> None:
    """Make a chunk count as not done, and keep what is in it until it is."""
    shutil.rmtree(_aside(folder), ignore_errors=True)
    folder.rename(_aside(folder))


def _aside(folder: Path) -> Path:
    return folder.with_name(f"before-{folder.name}")


def _read(folder: Path) -> ChunkRecord | None:
    try:
        return _recorded(folder, read_json(folder / MANIFEST))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def failed_chunks(folder: Path) -> list[ChunkRecord]:
    """Return the chunks below ``folder`` in which something failed, or is unsettled."""
    known = [_read(manifest.parent) for manifest in sorted(folder.glob(f"*/chunk-*/{MANIFEST}"))]
    return [chunk for chunk in known if chunk is not None and (chunk.failures or chunk.unsettled)]
