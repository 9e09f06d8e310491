"""What risk is measured of: prices, instruments, curves, positions, limits and stress scenarios."""

from storage.tables.table import Column, input_table

INSTRUMENT = Column("instrument_id", "text", "what is held or quoted")
PORTFOLIO = Column("portfolio_id", "text", "a book")
PRICED_KINDS = ("equity", "etf", "fx", "future")
OPTION_KINDS = ("european_option", "american_option")
KINDS = (*PRICED_KINDS, "bond", *OPTION_KINDS, "fx_forward")
MEASURES = ("value_at_risk", "expected_shortfall")
LEVEL = Column("level", "float", "confidence, fraction in (0, 1)", minimum=0, maximum=1)
HORIZON = Column("horizon", "integer", "trading days", minimum=1)

PRICES = input_table(
    "prices",
    "Closing prices in each instrument's own currency.",
    columns=(
        INSTRUMENT,
        Column("ds", "timestamp", "trading day"),
        Column("close", "float", "closing price", positive=True),
    ),
    key=("instrument_id", "ds"),
    entity=("instrument_id",),
)

INSTRUMENTS = input_table(
    "instruments",
    "Terms of each instrument.",
    columns=(
        INSTRUMENT,
        Column("kind", "text", "what it is, which decides the terms it needs", choices=KINDS),
        Column("currency", "text", "ISO code in which it is quoted"),
        Column(
            "underlying",
            "text",
            "option, fx_forward: instrument it is written on; fx: ISO code of the foreign currency",
            nullable=True,
            required=False,
        ),
        Column(
            "strike",
            "float",
            "option: strike price; fx_forward: agreed rate",
            nullable=True,
            required=False,
            positive=True,
        ),
        Column(
            "option_type",
            "text",
            "option: call or put",
            nullable=True,
            required=False,
            choices=("call", "put"),
        ),
        Column(
            "expiry",
            "timestamp",
            "option, fx_forward, future: expiry; bond: maturity",
            nullable=True,
            required=False,
        ),
        Column(
            "implied_volatility",
            "float",
            "option: annual, fraction",
            nullable=True,
            required=False,
            positive=True,
        ),
        Column(
            "coupon",
            "float",
            "bond: annual rate, fraction of face",
            nullable=True,
            required=False,
            minimum=0,
        ),
        Column(
            "coupon_frequency",
            "integer",
            "bond: payments a year",
            nullable=True,
            required=False,
            minimum=1,
        ),
        Column(
            "curve_id",
            "text",
            "bond, option, fx_forward: discount curve",
            nullable=True,
            required=False,
        ),
        Column(
            "foreign_curve_id",
            "text",
            "fx_forward, option on fx: curve of the foreign currency",
            nullable=True,
            required=False,
        ),
        Column(
            "liquidity_horizon",
            "integer",
            "trading days that it takes to sell (MAR33): 10, 20, 40, 60 or 120; null goes by kind "
            "and currency",
            nullable=True,
            required=False,
        ),
        Column(
            "multiplier",
            "float",
            "units of underlying, face or contract size per one of quantity",
            nullable=True,
            required=False,
            positive=True,
        ),
    ),
    key=("instrument_id",),
    entity=("instrument_id",),
)

POSITIONS = input_table(
    "positions",
    "What each portfolio holds.",
    columns=(PORTFOLIO, INSTRUMENT, Column("quantity", "float", "units held, negative is short")),
    key=("portfolio_id", "instrument_id"),
    entity=("portfolio_id",),
)

CURVES = input_table(
    "curves",
    "Zero curves by day.",
    columns=(
        Column("curve_id", "text", "name of the curve, one currency each"),
        Column("ds", "timestamp", "trading day"),
        Column("tenor", "float", "years", positive=True),
        Column("zero_rate", "float", "continuously compounded, annual fraction"),
    ),
    key=("curve_id", "ds", "tenor"),
    entity=("curve_id",),
)

LIMITS = input_table(
    "limits",
    "How much risk each portfolio may carry.",
    columns=(
        PORTFOLIO,
        Column("measure", "text", "value_at_risk or expected_shortfall", choices=MEASURES),
        LEVEL,
        HORIZON,
        Column("limit", "float", "largest loss allowed, reporting currency", positive=True),
    ),
    key=("portfolio_id", "measure", "level", "horizon"),
    entity=("portfolio_id",),
)

STRESS_SCENARIOS = input_table(
    "stress_scenarios",
    "Named shifts of the market; the rows of one scenario apply together.",
    columns=(
        Column("scenario_id", "text", "name of the scenario"),
        Column(
            "target_kind",
            "text",
            "what `target` names",
            choices=("instrument", "kind", "curve", "volatility"),
        ),
        Column("target", "text", "instrument, kind or curve; `*` is all of the kind of target"),
        Column(
            "shift",
            "float",
            "relative for prices and volatility (-0.2 is -20%), absolute for rates",
        ),
    ),
    key=("scenario_id", "target_kind", "target"),
    entity=("scenario_id",),
)
