"""Risk results. Losses are positive everywhere."""

from storage.tables.market import HORIZON, INSTRUMENT, KINDS, LEVEL, PORTFOLIO
from storage.tables.table import Column, output_table

METHODS = (
    "historical",
    "filtered_historical",
    "gaussian",
    "student_t",
    "gaussian_copula",
    "t_copula",
    "block_bootstrap",
    "quasi_gaussian",
    "quasi_student_t",
)
MEASURE = Column("measure", "text", "what is measured")
METHOD = Column("method", "text", "how scenarios are made", choices=METHODS)
CURRENCY = Column("currency", "text", "ISO code of every amount in the row")

PORTFOLIO_RISK = output_table(
    "portfolio_risk",
    "Value at risk and expected shortfall of each portfolio; a loss is positive.",
    columns=(
        PORTFOLIO,
        MEASURE,
        LEVEL,
        HORIZON,
        METHOD,
        Column("value", "float", "the measure, money; a loss is positive"),
        Column("standard_error", "float", "sampling error of `value`, money", minimum=0),
        Column("market_value", "float", "value of the portfolio today, money"),
        CURRENCY,
    ),
    key=("portfolio_id", "measure", "level", "horizon", "method"),
    entity=("portfolio_id",),
)

RISK_CONTRIBUTIONS = output_table(
    "risk_contributions",
    "What each position is of its portfolio's risk, and what it adds to it.",
    columns=(
        PORTFOLIO,
        INSTRUMENT,
        MEASURE,
        LEVEL,
        HORIZON,
        METHOD,
        Column("market_value", "float", "value of the position today, money"),
        Column("value", "float", "component of the measure, money; components add up to it"),
        Column(
            "standard_error",
            "float",
            "sampling error of `value`, money; that of `marginal` per one of market value",
            minimum=0,
        ),
        Column(
            "marginal", "float", "component per one of market value; null without", nullable=True
        ),
        Column("incremental", "float", "measure less that of the portfolio without it, money"),
        Column(
            "incremental_standard_error",
            "float",
            "sampling error of `incremental` under common scenarios, money",
            minimum=0,
        ),
        CURRENCY,
    ),
    key=("portfolio_id", "instrument_id", "measure", "level", "horizon", "method"),
    entity=("portfolio_id",),
)

PORTFOLIO_PROFILES = output_table(
    "portfolio_profiles",
    "What each portfolio is like: today's positions on the window's days.",
    columns=(
        PORTFOLIO,
        Column("positions", "integer", "instruments held", minimum=0),
        Column("market_value", "float", "of its positions today, money"),
        Column("gross_value", "float", "of its positions today, long and short added", minimum=0),
        Column(
            "gross_exposure",
            "float",
            "gross value, of futures and forwards their notional instead",
            minimum=0,
        ),
        Column("volatility", "float", "annual, money", minimum=0),
        Column("volatility_standard_error", "float", "sampling error, money", minimum=0),
        Column(
            "diversification_ratio",
            "float",
            "the positions' volatilities added, over the portfolio's; 1 is not diversified",
            nullable=True,
        ),
        Column(
            "diversification_ratio_standard_error",
            "float",
            "sampling error of the ratio",
            nullable=True,
            minimum=0,
        ),
        Column("beta", "float", "beta_exposure over gross_exposure", nullable=True),
        Column("beta_standard_error", "float", "sampling error of beta", nullable=True, minimum=0),
        Column("beta_exposure", "float", "gain for a market return of one, money", nullable=True),
        Column(
            "beta_exposure_standard_error",
            "float",
            "sampling error of beta_exposure, money",
            nullable=True,
        ),
        Column("explained", "float", "share of its variance that the market tells", nullable=True),
        Column(
            "explained_standard_error",
            "float",
            "sampling error of explained",
            nullable=True,
            minimum=0,
        ),
        Column(
            "tail_dependence",
            "float",
            "share of its worst 5% of days that are the other portfolios' too",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "tail_dependence_standard_error",
            "float",
            "sampling error of tail_dependence",
            nullable=True,
            minimum=0,
        ),
        Column(
            "max_drawdown",
            "float",
            "furthest below its best, money; drawdowns are of the window's one path, without error",
            minimum=0,
        ),
        Column("mean_drawdown", "float", "below its best on average, money", minimum=0),
        Column("conditional_drawdown", "float", "mean of the worst 5% of days, money", minimum=0),
        Column("longest_drawdown", "integer", "days in a row below its best", minimum=0),
        Column(
            "liquidity_horizon_shortfall",
            "float",
            "expected shortfall 97.5% over liquidity horizons (MAR33), money",
            nullable=True,
        ),
        Column(
            "liquidity_horizon_shortfall_standard_error",
            "float",
            "sampling error of liquidity_horizon_shortfall, money",
            nullable=True,
            minimum=0,
        ),
        Column("days", "integer", "returns in the window", minimum=0),
        CURRENCY,
    ),
    key=("portfolio_id",),
    entity=("portfolio_id",),
)

SENSITIVITIES = output_table(
    "sensitivities",
    "How much each portfolio, and each of its positions, gains when one thing moves a little.",
    columns=(
        PORTFOLIO,
        Column("instrument_id", "text", "the position; * is the whole portfolio"),
        Column(
            "sensitivity",
            "text",
            "delta, gamma, vega, theta, rho or dv01",
            choices=("delta", "gamma", "vega", "theta", "rho", "dv01"),
        ),
        Column("factor", "text", "what moves: an instrument's price, a curve, or time"),
        Column("value", "float", "money gained, per unit"),
        Column("unit", "text", "what the value is per"),
        CURRENCY,
    ),
    key=("portfolio_id", "instrument_id", "sensitivity", "factor"),
    entity=("portfolio_id",),
)

LOSS_QUANTILES = output_table(
    "loss_quantiles",
    "The distribution of each portfolio's loss, for pictures.",
    columns=(
        PORTFOLIO,
        HORIZON,
        METHOD,
        Column("probability", "float", "fraction", minimum=0, maximum=1),
        Column("loss", "float", "quantile of the loss, money"),
        Column("standard_error", "float", "sampling error of `loss`, money", minimum=0),
        CURRENCY,
    ),
    key=("portfolio_id", "horizon", "method", "probability"),
    entity=("portfolio_id",),
)

SCENARIO_SETS = output_table(
    "scenario_sets",
    "How many scenarios each method took, and the sampling error that they leave.",
    columns=(
        METHOD,
        HORIZON,
        Column("scenarios", "integer", "that figures come from", minimum=1),
        Column("pilot_scenarios", "integer", "that the need was told from", minimum=1),
        Column(
            "target_error",
            "float",
            "relative standard error asked for; null asks for none",
            nullable=True,
            minimum=0,
        ),
        Column(
            "largest_error",
            "float",
            "largest relative standard error of all portfolios' figures; above the target where "
            "the most scenarios allowed do not reach it",
            nullable=True,
            minimum=0,
        ),
        Column("portfolio_id", "text", "whose figure that is", nullable=True),
        Column(
            "repair_distance",
            "float",
            "Frobenius norm by which correlations were moved to be semidefinite; 0 where they "
            "were, null where the method has none",
            nullable=True,
            minimum=0,
        ),
    ),
    key=("method", "horizon"),
    entity=(),
)

STRESS_LOSSES = output_table(
    "stress_losses",
    "Loss of each portfolio under each named scenario; of one scenario, so without sampling error.",
    columns=(
        PORTFOLIO,
        Column("scenario_id", "text", "name of the scenario"),
        Column("loss", "float", "money; a loss is positive"),
        Column("market_value", "float", "value of the portfolio today, money"),
        CURRENCY,
    ),
    key=("portfolio_id", "scenario_id"),
    entity=("portfolio_id",),
)

LIMIT_COLUMNS = (
    PORTFOLIO,
    MEASURE,
    LEVEL,
    HORIZON,
    METHOD,
    Column("limit", "float", "largest loss allowed, money", positive=True),
    Column("value", "float", "the measure, money; a loss is positive"),
    Column("standard_error", "float", "sampling error of `value`, money", minimum=0),
    Column("utilisation", "float", "value / limit, fraction"),
    CURRENCY,
)
LIMIT_KEY = ("portfolio_id", "measure", "level", "horizon", "method")

LIMIT_UTILISATION = output_table(
    "limit_utilisation",
    "How much of every limit is used.",
    columns=LIMIT_COLUMNS,
    key=LIMIT_KEY,
    entity=("portfolio_id",),
)

LIMIT_BREACHES = output_table(
    "limit_breaches",
    "Limits that are exceeded.",
    columns=LIMIT_COLUMNS,
    key=LIMIT_KEY,
    entity=("portfolio_id",),
)

MARKET_OUTLOOK = output_table(
    "market_outlook",
    "Trend and volatility of each instrument that has prices.",
    columns=(
        INSTRUMENT,
        Column("kind", "text", "kind of instrument", choices=KINDS),
        Column("observations", "integer", "days of history", minimum=0),
        Column("close", "float", "last closing price, own currency", positive=True),
        Column("trend", "float", "annual mean of log returns, fraction"),
        Column("trend_standard_error", "float", "sampling error of trend", minimum=0),
        Column("volatility", "float", "annual, exponentially weighted, fraction", minimum=0),
        Column(
            "volatility_standard_error",
            "float",
            "sampling error of volatility; null where the history is too short to tell",
            nullable=True,
            minimum=0,
        ),
        Column("long_run_volatility", "float", "annual, whole window, fraction", minimum=0),
        Column(
            "long_run_volatility_standard_error",
            "float",
            "sampling error of long_run_volatility",
            minimum=0,
        ),
    ),
    key=("instrument_id",),
    entity=("instrument_id",),
)
