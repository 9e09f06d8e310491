"""What is learnt once of all series, before the chunks that forecast with it."""

from collections.abc import Callable

from flows.run import ChunkRecord, ChunkWork, Run, find_chunk, run_chunk
from flows.steps.failing import guarded


def learn_once(
    run: Run, stage: str, told: tuple[str, str], work: Callable[[Run], ChunkWork], *made_with: str
) -> ChunkRecord:
    """Learn a stage of a run, unless it is learnt.

    Parameters
    ----------
    run : whose series they are
    stage : its name
    told : what a fault is told of, which is no series' own: what was to be learnt, and of what
    work : what to do
    made_with : what stands for what it depends on beside the run's inputs
    """
    return run_chunk(
        run.staging.chunk(stage, 0),
        _key(run, stage, made_with),
        lambda: guarded(told[0], stage, lambda: [told[1]], lambda: work(run)),
    )


def find_learnt(run: Run, stage: str, shard: str, *made_with: str) -> ChunkRecord | None:
    """Return what was learnt, or None where it was not, or not with that shard.

    Parameters
    ----------
    run, stage, made_with : as in `learn_once`
    shard : what is asked for
    """
    return find_chunk(run.staging.chunk(stage, 0), _key(run, stage, made_with), shard)


def _key(run: Run, stage: str, made_with: tuple[str, ...]) -> str:
    return "/".join((run.chunk_key(stage, 0, 1), *made_with))
