"""The forecast settings of a run."""

from flows.run import Run
from forecasting import SEASON_LENGTHS, ForecastPlan


def forecast_plan(run: Run) -> ForecastPlan:
    """Return the run's forecast settings."""
    demand = run.job.demand
    assert demand is not None
    return ForecastPlan(
        frequency=demand.frequency,
        season_length=demand.season_length or SEASON_LENGTHS[demand.frequency],
        horizon=demand.horizon,
        windows=demand.windows,
        step=demand.step or demand.horizon,
        line_up={name: tuple(models) for name, models in demand.line_up.items()},
        history=demand.history,
        minimum_history=demand.minimum_history,
        seed=run.job.seed,
        score=demand.score,
        combine=demand.combine,
        cap_outliers=demand.outliers == "cap",
        device=run.device,
    )
