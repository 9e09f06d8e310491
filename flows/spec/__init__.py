"""The job spec."""

from flows.spec.files import job_as_toml, load_job, parse_job
from flows.spec.job import JobSpec, Outputs, Side
from flows.spec.places import say_nearest
from flows.spec.plans import (
    Checks,
    DecisionBacktestSpec,
    DemandPlan,
    DriversSpec,
    Execution,
    GlobalModelSpec,
    RegistrySpec,
    StockPlanSpec,
)
from flows.spec.risk_plan import BacktestSpec, ReplaySpec, RiskPlanSpec
from flows.spec.sources import (
    AssumedCurve,
    AssumedStock,
    BigQuerySource,
    FileSource,
    GeneratedBooks,
    Inputs,
    ListedInstruments,
    Source,
)

__all__ = [
    "AssumedCurve",
    "AssumedStock",
    "BacktestSpec",
    "BigQuerySource",
    "Checks",
    "DecisionBacktestSpec",
    "DemandPlan",
    "DriversSpec",
    "Execution",
    "FileSource",
    "GeneratedBooks",
    "GlobalModelSpec",
    "Inputs",
    "JobSpec",
    "ListedInstruments",
    "Outputs",
    "RegistrySpec",
    "ReplaySpec",
    "RiskPlanSpec",
    "Side",
    "Source",
    "StockPlanSpec",
    "job_as_toml",
    "load_job",
    "parse_job",
    "say_nearest",
]
