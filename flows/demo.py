"""The bundled sample as a job: inputs and the spec that runs them."""

from pathlib import Path

from flows.run import write_text
from flows.sample import AS_OF, SampleSize, write_sample
from flows.sample.catalogue import WAREHOUSES
from flows.spec import (
    BacktestSpec,
    DecisionBacktestSpec,
    DemandPlan,
    DriversSpec,
    FileSource,
    Inputs,
    JobSpec,
    RiskPlanSpec,
    StockPlanSpec,
    job_as_toml,
)

SEED = 20261031
PAST = DecisionBacktestSpec(periods=56, refresh=14, series=100, window=28)
BUDGETS = {"rotterdam": 25_000.0, "antwerp": 16_000.0}
CAPACITIES = {"antwerp": 66_000.0, "hamburg": 52_000.0}
_HEADER = """\
# The bundled sample: 24 warehouses x 60 items x 3 years of days, and 40 portfolios.
# Every key that is not here has its default; `almanac validate demo.toml` checks the spec.
"""


def demo_job(size: SampleSize | None = None) -> JobSpec:
    """Return the job that runs the bundled sample; paths start at its folder.

    Parameters
    ----------
    size : of the sample, whose warehouses alone have limits; None is the full one
    """
    there = WAREHOUSES[: (size or SampleSize()).warehouses]
    budgets, capacities = (
        {name: limit for name, limit in limits.items() if name in there}
        for limits in (BUDGETS, CAPACITIES)
    )
    tables = [name for name in Inputs.model_fields if name != "demand"]
    return JobSpec(
        name="demo",
        as_of=AS_OF,
        seed=SEED,
        inputs=Inputs(
            demand=FileSource(path="inputs/demand.parquet"),
            **{table: FileSource(path=f"inputs/{table}.csv") for table in tables},
        ),
        # Prices move with promotions in the sample, so that one driver is enough.
        demand=DemandPlan(drivers=DriversSpec(promotion="known")),
        stock=StockPlanSpec(budgets=budgets, capacities=capacities, backtest=PAST),
        risk=RiskPlanSpec(backtest=BacktestSpec()),
    )


def write_demo(folder: Path, size: SampleSize | None = None) -> Path:
    """Write the sample and its job spec to ``folder``; return where the spec is.

    The spec is written last, so a folder that has one has a whole sample.
    """
    write_sample(folder / "inputs", SEED, size=size)
    spec = folder / "demo.toml"
    write_text(spec, _HEADER + job_as_toml(demo_job(size)))
    return spec
