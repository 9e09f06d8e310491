"""Common scenarios: every instrument revalued under each set, once for all books."""

import numpy as np
import pandas as pd
import psutil

from flows.errors import JobRefusedError
from flows.run import ChunkRecord, ChunkWork, Run, run_chunk
from flows.steps.shared_market import read_market, risk_plan
from kernels.arrays import Floats
from risk import CovarianceError, Market, MarketError, Method, draw_scenario_set

SCENARIOS = "scenarios"
# Of a number in a set of scenarios.
_BYTES = 8


def scenario_sets(run: Run) -> list[tuple[Method, int]]:
    """Return the (method, horizon) of every set of common scenarios, in order."""
    plan = risk_plan(run)
    return [(method, horizon) for method in plan.methods for horizon in plan.horizons]


def refuse_too_many_scenarios(run: Run, market: Market) -> None:
    """Refuse a run whose scenarios, a set for each worker at once, do not fit this machine.

    A set holds the loss of every instrument, the move of every factor, and what moves are made of.

    Parameters
    ----------
    run : what is asked for
    market : that every set is of

    Raises
    ------
    JobRefusedError
        Where ``scenarios``, or ``most_scenarios`` where there is a target, are too many.
    """
    plan = risk_plan(run)
    instruments, factors = len(market.terms), len(market.factors.levels)
    at_once = min(run.job.execution.workers, len(scenario_sets(run)))
    memory = psutil.virtual_memory().total
    fit = memory // (at_once * (instruments + 2 * factors) * _BYTES)
    asked = {"scenarios": plan.scenarios}
    if plan.target_error is not None:
        asked["most_scenarios"] = plan.most_scenarios
    for name, value in asked.items():
        if value > fit:
            raise JobRefusedError(
                f"risk.{name} must be at most {fit:,} for {instruments:,} instruments and "
                f"{factors:,} factors, {at_once} sets at once in {memory / 2**30:.0f} GiB; "
                f"got {value:,}"
            )


def scenario_chunk(run: Run, number: int) -> ChunkRecord:
    """Revalue every instrument under one set of common scenarios."""
    sets = scenario_sets(run)
    method, horizon = sets[number]
    return run_chunk(
        run.staging.chunk(SCENARIOS, number),
        run.chunk_key(SCENARIOS, number, len(sets)),
        lambda: _scenarios(run, method, horizon),
    )


def _scenarios(run: Run, method: Method, horizon: int) -> ChunkWork:
    market, positions = read_market(run), pd.read_parquet(run.staging.clean("positions"))
    refuse_too_many_scenarios(run, market)
    try:
        drawn = draw_scenario_set(market, positions, method, horizon, risk_plan(run))
    except CovarianceError as error:
        raise JobRefusedError(f"risk.covariance: {error}") from error
    except MarketError as error:
        raise JobRefusedError(f"risk.methods, {method}: {error}") from error
    return ChunkWork({"scenario_sets": run.stamp(drawn.counts)}, arrays={"losses": drawn.losses})


def read_losses(run: Run, number: int) -> Floats:
    """Return the losses of a set of scenarios, as `risk.instrument_losses` gives them.

    Parameters
    ----------
    run : which made them
    number : of the set
    """
    path = run.staging.chunk(SCENARIOS, number) / "losses.npy"
    # A plain array over the mapped file: slices of numpy's own kind of it take longer to make.
    return np.asarray(np.load(path, mmap_mode="r"))
