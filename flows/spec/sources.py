"""Where an input comes from: files of the user's, BigQuery, or a stated assumption."""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from flows.spec.places import types_in
from storage.inputs import DateOrder, Thousands
from storage.stores import DEFAULT_BYTES_BILLED
from storage.tables import ITEMS, STOCK, Table


class Frozen(BaseModel):
    """A value: immutable, and without room for unknown keys."""

    # Whoever shows an error of the model as it is must not show a secret put in the wrong place.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_is_a_number(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - raw TOML
        # Pydantic would take true for 1.
        allowed = types_in(cls.model_fields[str(info.field_name)].annotation)
        if isinstance(value, bool) and bool not in allowed and allowed & {int, float}:
            msg = f"it is a number; got {str(value).lower()}"
            raise ValueError(msg)
        return value


class FileSource(Frozen):
    """CSV or Parquet files whose columns are mapped to a table's.

    ``columns`` maps our name to the source's; names that agree need no entry. ``constants``
    gives a value to a column the source lacks.
    """

    kind: Literal["files"] = "files"
    path: str | None = Field(None, min_length=1, description="a CSV or Parquet file")
    paths: tuple[str, ...] = Field((), description="several files of the same shape")
    columns: dict[str, str] = Field({}, description="our column name = the source's")
    constants: dict[str, str | float | bool] = Field({}, description="our column name = value")
    encoding: str = Field(
        "utf-8",
        description="of CSV files: utf-8, cp1252 (Windows), latin-1, or another of Python's",
    )
    decimal: Literal[".", ","] = Field(".", description="before the decimals of CSV files")
    thousands: Thousands = Field("", description="between thousands of CSV files; empty is nothing")
    dates: DateOrder = Field("year-month-day", description="order of a date's parts in CSV files")

    @model_validator(mode="after")
    def _name_one_file_at_least(self) -> "FileSource":
        if (self.path is None) == (not self.paths):
            msg = "give `path` for one file or `paths` for several, not both"
            raise ValueError(msg)
        if self.thousands == self.decimal:
            msg = f"`thousands` and `decimal` must differ; got {self.decimal!r} for both"
            raise ValueError(msg)
        return self

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except (LookupError, ValueError) as error:
            msg = f"there is no encoding {encoding!r}; there are utf-8, latin-1, cp1252 and others"
            raise ValueError(msg) from error
        return encoding

    @property
    def files(self) -> tuple[str, ...]:
        """The files, as the job spec writes them."""
        return (self.path,) if self.path is not None else self.paths


class BigQuerySource(Frozen):
    """A table, view or query in BigQuery, read anew for a night when its rows have changed.

    Credentials are the environment's own. ``columns`` and ``constants`` are as those of files.
    """

    kind: Literal["bigquery"]
    table: str | None = Field(None, description="PROJECT.DATASET.TABLE, a view too")
    query: str | None = Field(None, description="one SELECT statement, in the place of `table`")
    project: str | None = Field(None, description="pays; null is the table's, or the credentials'")
    location: str | None = Field(None, description="where jobs run; null is the table's")
    columns: dict[str, str] = Field({}, description="our column name = the source's")
    constants: dict[str, str | float | bool] = Field({}, description="our column name = value")
    days_column: str | None = Field(
        None, description="DATE, DATETIME or TIMESTAMP column, where only recent rows are read"
    )
    days: int | None = Field(None, ge=1, description="how many days up to the night are read")
    maximum_bytes_billed: int = Field(
        DEFAULT_BYTES_BILLED, ge=1, description="a read that would bill more is refused"
    )
    labels: dict[str, str] = Field({}, description="of the jobs, as bills show them")

    @model_validator(mode="after")
    def _name_one_source(self) -> "BigQuerySource":
        if (self.table is None) == (self.query is None):
            msg = "give `table` or `query`, not both"
            raise ValueError(msg)
        if (self.days is None) != (self.days_column is None):
            msg = "`days` and `days_column` go together"
            raise ValueError(msg)
        return self


class ListedInstruments(Frozen):
    """Instruments derived from the ids in `prices`, all of one kind and currency.

    Options are written 5% out of the money on as many of them, a call or a put in turn, for three
    or six months, at their realised volatility and no dividends; bonds mature in 2 to 30 years.
    """

    kind: Literal["listed"]
    instrument_kind: Literal["equity", "etf"] = "equity"
    currency: str = "USD"
    options: int = Field(0, ge=0, le=10_000, description="European options to write on them")
    bonds: int = Field(0, ge=0, le=30, description="government bonds to add")
    coupon: float = Field(0.025, ge=0, le=1, description="of the bonds, annual fraction of face")
    curve_id: str | None = Field(None, description="discounts bonds and options; bonds need it")

    @model_validator(mode="after")
    def _bonds_have_a_curve(self) -> "ListedInstruments":
        if self.bonds and self.curve_id is None:
            msg = f"bonds need a curve_id to be discounted by; got bonds = {self.bonds} without one"
            raise ValueError(msg)
        return self


class AssumedCurve(Frozen):
    """A zero curve assumed on the days of `prices`: it rises with tenor, and wanders in parallel.

    Its last level is the one given; changes are normal, independent of prices.
    """

    kind: Literal["assumed_curve"]
    curve_id: str = "assumed"
    short_rate: float = Field(0.02, gt=-0.05, lt=0.5, description="annual fraction")
    long_rate: float = Field(0.03, gt=-0.05, lt=0.5, description="annual fraction")
    daily_volatility: float = Field(
        0.0005, ge=0, le=0.01, description="of the whole curve, absolute change of the rate"
    )
    seed: int = Field(1, ge=0, lt=2**32)


class GeneratedBooks(Frozen):
    """Portfolios generated from the instruments in `prices`, for trying the risk side."""

    kind: Literal["generated_books"]
    portfolios: int = Field(200, ge=1, le=100_000)
    seed: int = Field(1, ge=0, lt=2**32)


def _as_in(table: Table, name: str, default: float, description: str | None = None) -> Any:  # noqa: ANN401 - pydantic's
    """Return a field with the bounds of a table's column: what a file may hold can be assumed."""
    return Field(default, description=description, **table.column(name).bounds)


class AssumedStock(Frozen):
    """Items and stock positions assumed from the demand's level, where no stock data exists.

    Lead time and review are in periods of the demand; costs in money per unit.
    """

    kind: Literal["assumed_stock"]
    lead_time_mean: float = _as_in(STOCK, "lead_time_mean", 2)
    lead_time_deviation: float = _as_in(STOCK, "lead_time_deviation", 0)
    review_period: int = _as_in(STOCK, "review_period", 1)
    unit_cost: float = Field(1, gt=0)
    unit_price: float = Field(1.5, gt=0)
    holding_cost_rate: float = Field(
        0.005, ge=0, description="holding cost per period, fraction of unit cost"
    )
    shortage_cost_rate: float = Field(
        0.5, ge=0, description="shortage cost per unit, fraction of unit price"
    )
    ordering_cost: float = _as_in(STOCK, "ordering_cost", 0, "money per order")
    case_pack: float = _as_in(ITEMS, "case_pack", 1)
    minimum_order: float = _as_in(ITEMS, "minimum_order", 0)
    service_target: float = Field(0.95, gt=0, lt=1)
    periods_of_cover: float = Field(2, ge=0, description="on hand, in periods of mean demand")


def _kind(value: Any) -> str:  # noqa: ANN401 - raw TOML or a model
    if isinstance(value, dict):
        return str(value.get("kind", "files"))
    return str(getattr(value, "kind", "files"))


Given = Annotated[
    Annotated[FileSource, Tag("files")] | Annotated[BigQuerySource, Tag("bigquery")],
    Discriminator(_kind),
]
Source = Annotated[
    Annotated[FileSource, Tag("files")]
    | Annotated[BigQuerySource, Tag("bigquery")]
    | Annotated[ListedInstruments, Tag("listed")]
    | Annotated[GeneratedBooks, Tag("generated_books")]
    | Annotated[AssumedStock, Tag("assumed_stock")]
    | Annotated[AssumedCurve, Tag("assumed_curve")],
    Discriminator(_kind),
]


class Inputs(Frozen):
    """The tables a night starts from; demand or prices at least."""

    demand: Given | None = None
    items: Source | None = None
    calendar: Given | None = None
    closures: Given | None = None
    drivers: Given | None = None
    stock: Source | None = None
    open_orders: Given | None = None
    transfer_lanes: Given | None = None
    prices: Given | None = None
    instruments: Source | None = None
    positions: Source | None = None
    curves: Source | None = None
    limits: Given | None = None
    stress_scenarios: Given | None = None

    def given(self) -> dict[str, Source]:
        """Return the sources that the job names, by table."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: source for name, source in named.items() if source is not None}
