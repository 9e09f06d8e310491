"""What every draw of sample paths asks of its arguments."""

from forecasting.errors import PlanError
from kernels.arrays import Words

LARGEST_SEED = 2**32 - 1


def check_draw(n_paths: int, seed: int) -> None:
    """Refuse a number of paths or a seed that is out of range.

    Raises
    ------
    PlanError
        Where ``n_paths`` is below one or the seed not in [0, 2**32).
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise PlanError(f"seed must be in [0, {LARGEST_SEED}]; got {seed}")
    if n_paths < 1:
        raise PlanError(f"n_paths must be at least 1; got {n_paths}")


def check_entities(n_series: int, entities: Words) -> None:
    """Refuse identities that are not one a series.

    Raises
    ------
    PlanError
        Where there are more or fewer.
    """
    if len(entities) != n_series:
        raise PlanError(f"entities must be one for each of {n_series} series; got {len(entities)}")
