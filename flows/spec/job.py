"""The job spec: one TOML file, one frozen model, one form in the UI."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from flows.spec.extras import need_extra
from flows.spec.plans import LONGEST_COVERS, Checks, DemandPlan, Execution, StockPlanSpec
from flows.spec.risk_plan import RiskPlanSpec
from flows.spec.sources import (
    AssumedCurve,
    AssumedStock,
    Frozen,
    GeneratedBooks,
    Inputs,
    ListedInstruments,
)
from storage.stores import StorageError, has_secret, refuse_unknown

Side = Literal["demand", "stock", "risk"]


class Outputs(Frozen):
    """Where results go; relative paths start at the job's folder."""

    store: str = Field(
        "duckdb:almanac.duckdb",
        description="duckdb:FILE, parquet:FOLDER, postgresql://USER@HOST/DATABASE or "
        "bigquery://PROJECT/DATASET",
    )
    report: str = Field(
        "report.html",
        description="HTML file, of the job's newest night; that of an earlier one has its date "
        "too, and where another job's is there, the job's name",
    )
    staging: str = Field(".almanac", description="folder of runs in progress and their ledger")
    mlflow: str | None = Field(
        None,
        description="tracking server where each version of [demand.registry] is recorded; needs "
        "the extra `mlflow`",
    )

    @field_validator("store")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        # It is kept in the run's state, in Prefect's parameters and on its pages: no secret may be.
        try:
            refuse_unknown(address)
        except StorageError as error:
            raise ValueError(str(error)) from error
        return address

    @field_validator("mlflow")
    @classmethod
    def _can_record(cls, address: str | None) -> str | None:
        if address is None:
            return None
        if has_secret(address):
            msg = (
                "the tracking server's address must have no password in it; set "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            )
            raise ValueError(msg)
        need_extra("mlflow", "mlflow")
        return address


class JobSpec(Frozen):
    """One night's work: inputs, plans, outputs."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="names the job for good")
    as_of: date | None = Field(None, description="the night; null is today, UTC")
    seed: int = Field(20260101, ge=0, lt=2**32, description="of every random stream")
    folder: Path = Field(
        Path(), description="where relative paths start; absolute where a worker runs the job"
    )
    inputs: Inputs
    outputs: Outputs = Outputs()
    checks: Checks = Checks()
    demand: DemandPlan | None = None
    stock: StockPlanSpec | None = None
    risk: RiskPlanSpec | None = None
    execution: Execution = Execution()

    @model_validator(mode="after")
    def _fits_together(self) -> "JobSpec":
        if misfits := list(self._misfits()):
            raise ValueError("; ".join(misfits))
        return self

    def _misfits(self) -> Iterator[str]:
        needs = {
            "demand": (self.demand, ("demand",)),
            "stock": (self.stock, ("demand", "items", "stock")),
            "risk": (self.risk, ("prices", "instruments", "positions")),
        }
        given = self.inputs.given()
        if all(plan is None for plan, _ in needs.values()):
            yield "a job needs at least one of [demand], [stock] and [risk]"
        for side, (plan, tables) in needs.items():
            missing = [f"[inputs.{table}]" for table in tables if table not in given]
            if plan is not None and missing:
                yield f"[{side}] needs {' and '.join(missing)}, which the job does not name"
        if self.stock is not None and self.demand is None:
            yield "[stock] plans orders on the forecast, so it needs [demand] too"
        if self.outputs.mlflow is not None and (self.demand is None or not self.demand.registry):
            yield "outputs.mlflow records versions of [demand.registry], which the job lacks"
        if "closures" in given and self.demand and self.demand.frequency not in {"D", "h"}:
            yield (
                f"inputs.closures are days, for demand of days or hours; frequency is "
                f"{self.demand.frequency!r}"
            )
        yield from _drivers_without_inputs(self.demand, given)
        for table, source in given.items():
            yield from _misplaced(table, source)

    def restricted(self, only: Side | None) -> "JobSpec":
        """Return the job with one side alone; stock keeps the forecast it is based on.

        Raises
        ------
        ValueError
            Where the job has no such side.
        """
        if only is None:
            return self
        if getattr(self, only) is None:
            msg = f"--only {only}: job {self.name!r} has no [{only}] part"
            raise ValueError(msg)
        keep = {"demand": {"demand"}, "stock": {"demand", "stock"}, "risk": {"risk"}}[only]
        dropped = {side: None for side in ("demand", "stock", "risk") if side not in keep}
        return self.model_copy(update=dropped)

    @property
    def known_before_replay(self) -> int:
        """How many periods an item needs before those that [stock.backtest] replays."""
        assert self.demand is not None
        assert self.stock is not None
        assert self.stock.backtest is not None
        return max(self.demand.minimum_history, 2 * self.stock.backtest.window)

    @property
    def most_cover(self) -> float:
        """Periods of cover above which stock is too much: what the job says, or the usual."""
        assert self.demand is not None
        assert self.stock is not None
        own = self.stock.most_cover
        return LONGEST_COVERS[self.demand.frequency] if own is None else own

    def path(self, relative: str) -> Path:
        """Return a path of the job, absolute; "~/" is the user's home."""
        own = Path(relative)
        return (self.folder / (own.expanduser() if own.parts[:1] == ("~",) else own)).resolve()


def _drivers_without_inputs(
    demand: DemandPlan | None, given: Mapping[str, object]
) -> Iterator[str]:
    drivers = demand.drivers if demand else None
    if drivers is None:
        return
    own = {"price": drivers.price, "promotion": drivers.promotion, **drivers.others}
    planned = [name for name, knowledge in own.items() if knowledge == "known"]
    needed = [*planned, *drivers.others]
    if needed and "drivers" not in given:
        yield f"[demand.drivers] needs [inputs.drivers] for {needed[0]!r}, which the job lacks"
    if not any(own.values()) and not (drivers.events and "calendar" in given):
        yield "[demand.drivers] names no driver, and there are no events of [inputs.calendar]"


def _misplaced(table: str, source: object) -> Iterator[str]:
    allowed: dict[type, tuple[str, ...]] = {
        ListedInstruments: ("instruments",),
        GeneratedBooks: ("positions",),
        AssumedStock: ("items", "stock"),
        AssumedCurve: ("curves",),
    }
    tables = allowed.get(type(source))
    if tables is not None and table not in tables:
        kind = getattr(source, "kind", "")
        yield f"inputs.{table}: kind {kind!r} is for {' and '.join(tables)} only"
