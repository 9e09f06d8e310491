"""The settings of a run's risk, and the market that its tasks share."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Self

import pandas as pd

from flows.run import Run
from risk import Market, RiskPlan, build_market

_BUILDING = Lock()


def risk_plan(run: Run) -> RiskPlan:
    """Return the run's risk settings."""
    spec = run.job.risk
    assert spec is not None
    return RiskPlan(
        currency=spec.currency,
        levels=spec.levels,
        horizons=spec.horizons,
        methods=spec.methods,
        scenarios=spec.scenarios,
        target_error=spec.target_error,
        most_scenarios=spec.most_scenarios,
        variance_reduction=spec.variance_reduction,
        history=spec.history,
        degrees_of_freedom=spec.degrees_of_freedom,
        ewma_decay=spec.ewma_decay,
        covariance=spec.covariance,
        margins=spec.margins,
        volatility_model=spec.volatility_model,
        common_volatility=spec.common_volatility,
        block_length=spec.block_length,
        revaluation=spec.revaluation,
        randomisations=spec.randomisations,
        seed=run.job.seed,
        device=run.device,
    )


def read_market(run: Run, plan: RiskPlan | None = None) -> Market:
    """Return the market that every task of the run shares; a plan may ask for more history."""
    files = [run.staging.clean(table) for table in ("prices", "instruments", "curves")]
    told = (_Told.of(path) for path in files if path.exists())
    # Tasks that ask for it at once wait for the one that builds it.
    with _BUILDING:
        return _built(tuple(told), run.as_of, plan or risk_plan(run))


class _Told(NamedTuple):
    """A file as it is: one that is replaced, or written anew, is another."""

    path: Path
    number: int
    written: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Self:
        found = path.stat()
        return cls(path, found.st_ino, found.st_mtime_ns, found.st_size)


# With the days of a night, of its backtest, and of all the history.
@lru_cache(maxsize=3)
def _built(files: tuple[_Told, ...], as_of: date, plan: RiskPlan) -> Market:
    prices, instruments, *curves = (pd.read_parquet(told.path) for told in files)
    return build_market(prices, instruments, curves[0] if curves else None, as_of, plan)
