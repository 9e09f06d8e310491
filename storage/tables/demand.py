"""Demand inputs and what the run says of them."""

from storage.tables.table import Column, input_table, output_table

WAREHOUSE = Column("warehouse_id", "text", "a building with stock")
ANY_WAREHOUSE = Column("warehouse_id", "text", f"{WAREHOUSE.description}; * for every one")
ITEM = Column("item_id", "text", "what is sold")
SERIES = ("warehouse_id", "item_id")
PERIOD = Column("ds", "timestamp", "start of the period")
PART_OF_HORIZON = (
    Column("band", "integer", "part of the horizon, from 0, the nearest", minimum=0),
    Column("first_step", "integer", "first period ahead of the part", minimum=1),
    Column("last_step", "integer", "last period ahead of the part", minimum=1),
)
QUANTILES = tuple(f"q{percent:02d}" for percent in range(1, 100))

DEMAND = input_table(
    "demand",
    "Demand history, one row per warehouse, item and period.",
    columns=(
        WAREHOUSE,
        ITEM,
        PERIOD,
        Column(
            "quantity",
            "float",
            "units demanded in the period",
            minimum=0,
            advice="give sales before returns",
        ),
        Column("in_stock", "boolean", "false where stock ran out in the period", required=False),
        Column("price", "float", "unit price", nullable=True, required=False, minimum=0),
        Column("promotion", "boolean", "true where promoted", nullable=True, required=False),
    ),
    key=("warehouse_id", "item_id", "ds"),
    entity=SERIES,
)

ITEMS = input_table(
    "items",
    "What is known of each item.",
    columns=(
        ITEM,
        Column("category", "text", "the group whose profile a new item takes"),
        Column("unit_cost", "float", "purchase cost, money per unit", minimum=0),
        Column("unit_price", "float", "sales price, money per unit", minimum=0),
        Column("case_pack", "float", "units per case; orders are whole cases", positive=True),
        Column("minimum_order", "float", "smallest order, units", minimum=0),
        Column(
            "shelf_life",
            "integer",
            "periods until spoiled; null keeps for ever",
            nullable=True,
            required=False,
            minimum=1,
        ),
        Column(
            "volume",
            "float",
            "space a unit takes, in the unit of [stock] capacities; 1 where the column is absent",
            required=False,
            positive=True,
        ),
    ),
    key=("item_id",),
    entity=("item_id",),
)

CALENDAR = input_table(
    "calendar",
    "Named days that move demand.",
    columns=(PERIOD, Column("event", "text", "holiday or event")),
    key=("ds", "event"),
    entity=("event",),
)

CLOSURES = input_table(
    "closures",
    "Days on which warehouses are shut, or open where they usually are not; past and planned.",
    columns=(
        ANY_WAREHOUSE,
        Column("ds", "timestamp", "the day"),
        Column(
            "closed",
            "boolean",
            "false where it is open after all, as on a day that it kept in other years; true where "
            "the column is absent",
            required=False,
        ),
    ),
    key=("warehouse_id", "ds"),
    entity=("warehouse_id",),
)

DRIVERS = input_table(
    "drivers",
    "What is recorded, or planned ahead, of what moves demand: prices, promotions and others.",
    columns=(
        ANY_WAREHOUSE,
        Column("item_id", "text", "what is sold; * for everything"),
        PERIOD,
        Column("driver", "text", "price, promotion (1 or 0), or a name of one's own"),
        Column("value", "float", "in the driver's own unit"),
    ),
    key=("driver", "warehouse_id", "item_id", "ds"),
    entity=("driver",),
)

DEMAND_ACTUALS = output_table(
    "demand_actuals",
    "The recent history as the forecast saw it.",
    columns=(
        WAREHOUSE,
        ITEM,
        PERIOD,
        Column("quantity", "float", "units in the period, after repairs", minimum=0),
        Column(
            "censored",
            "boolean",
            "a lower bound: stock ran out, the warehouse was closed, or the value was refused",
        ),
        Column("repaired", "boolean", "the value is a recorded repair, not an observation"),
    ),
    key=("warehouse_id", "item_id", "ds"),
    entity=SERIES,
)

DEMAND_FORECASTS = output_table(
    "demand_forecasts",
    "Mean and quantiles 1-99% of demand per warehouse, item and future period.",
    columns=(
        WAREHOUSE,
        ITEM,
        PERIOD,
        Column("model", "text", "the champion that made it"),
        Column("mean", "float", "expected units in the period", minimum=0),
        *(
            Column(name, "float", f"{name[1:]}% quantile, units in the period", minimum=0)
            for name in QUANTILES
        ),
    ),
    key=("warehouse_id", "item_id", "ds"),
    entity=SERIES,
)

AGGREGATE_LEVELS = ("total", "region", "warehouse", "category", "warehouse_category")

AGGREGATE_FORECASTS = output_table(
    "aggregate_forecasts",
    "Mean and quantiles 1-99% of the demand of all series, of each region, warehouse, category "
    "and both together: sums of the series' means and sample paths, on which series err together "
    "as far as they did in backtests.",
    columns=(
        Column("level", "text", "what is added up", choices=AGGREGATE_LEVELS),
        Column("node", "text", "the aggregate within its level, ids joined with '/'"),
        Column("region", "text", "where the level has one", nullable=True),
        Column("warehouse_id", "text", "where the level has one", nullable=True),
        Column("category", "text", "where the level has one", nullable=True),
        Column("n_series", "integer", "warehouse-items forecast for the period", minimum=1),
        PERIOD,
        Column("mean", "float", "expected units in the period, the sum of the series'", minimum=0),
        *(
            Column(name, "float", f"{name[1:]}% quantile, units in the period", minimum=0)
            for name in QUANTILES
        ),
    ),
    key=("level", "node", "ds"),
    entity=("level", "node"),
)

FORECAST_ACCURACY = output_table(
    "forecast_accuracy",
    "Rolling-origin accuracy of each model on each series.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("model", "text", "name in the line-up"),
        Column("demand_class", "text", "smooth, intermittent, erratic, lumpy or new"),
        Column("windows", "integer", "forecast origins scored", minimum=1),
        Column("mase", "float", "mean absolute scaled error", nullable=True, minimum=0),
        Column("rmsse", "float", "root mean squared scaled error", nullable=True, minimum=0),
        Column("bias", "float", "mean of forecast - actual, units per period", nullable=True),
        Column(
            "pinball",
            "float",
            "mean pinball loss over 1-99%, scaled like MASE",
            nullable=True,
            minimum=0,
        ),
        Column(
            "coverage_80",
            "float",
            "share of actuals within q10-q90",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    ),
    key=("warehouse_id", "item_id", "model"),
    entity=SERIES,
)

ACCURACY_BY_HORIZON = output_table(
    "accuracy_by_horizon",
    "Rolling-origin accuracy of each series' chosen forecast in each part of the horizon.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("demand_class", "text", "smooth, intermittent, erratic or lumpy"),
        *PART_OF_HORIZON,
        Column("mase", "float", "mean absolute scaled error", nullable=True, minimum=0),
        Column("bias", "float", "mean of forecast - actual, units per period"),
        Column("bias_scaled", "float", "the same, scaled like MASE", nullable=True),
        Column(
            "coverage_80",
            "float",
            "share of actuals within q10-q90, not calibrated",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "matched_mase",
            "float",
            "MASE of the periods that seasonal naive answered too",
            nullable=True,
            minimum=0,
        ),
        Column("naive_mase", "float", "seasonal naive's MASE there", nullable=True, minimum=0),
    ),
    key=("warehouse_id", "item_id", "band"),
    entity=SERIES,
)

FORECAST_WEIGHTS = output_table(
    "forecast_weights",
    "The models that each contested series' forecast is made of.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("model", "text", "name in the line-up"),
        Column("weight", "float", "share of its mean in the forecast's", minimum=0, maximum=1),
    ),
    key=("warehouse_id", "item_id", "model"),
    entity=SERIES,
)

FORECAST_COVERAGE = output_table(
    "forecast_coverage",
    "How often demand fell within the forecast's bands, before and after calibration.",
    columns=(
        Column("demand_class", "text", "smooth, intermittent, erratic or lumpy"),
        Column("band", "integer", "part of the horizon, from 0, the nearest", minimum=0),
        Column("nominal", "integer", "per cent that a central band is to hold", minimum=1),
        Column("before", "float", "share of actuals within it, not calibrated", minimum=0),
        Column(
            "after",
            "float",
            "share within it on the last origin, calibrated on the earlier ones",
            minimum=0,
        ),
    ),
    key=("demand_class", "band", "nominal"),
)

FORECAST_HORIZONS = output_table(
    "forecast_horizons",
    "How good the chosen forecasts have been in backtests, by class and part of the horizon.",
    columns=(
        Column("demand_class", "text", "smooth, intermittent, erratic or lumpy"),
        *PART_OF_HORIZON,
        Column("series", "integer", "series scored, 500 a class at most", minimum=1),
        Column("mase", "float", "mean absolute scaled error", minimum=0),
        Column("bias", "float", "mean of forecast - actual, scaled like MASE"),
        Column(
            "value_added",
            "float",
            "share of seasonal naive's error that is saved; negative where it does better",
            nullable=True,
            maximum=1,
        ),
    ),
    key=("demand_class", "band"),
)

CLOSED_DAYS = output_table(
    "closed_days",
    "Days on which warehouses were shut, which say nothing of demand, and those ahead, of which "
    "forecasts are none.",
    columns=(
        WAREHOUSE,
        Column("ds", "timestamp", "the day"),
        Column(
            "reason",
            "text",
            "declared, found (nothing was sold where it is sure that something is), or kept: found "
            "in the two years before",
            choices=("declared", "found", "kept"),
        ),
    ),
    key=("warehouse_id", "ds"),
    entity=("warehouse_id",),
)

DRIVER_EFFECTS = output_table(
    "driver_effects",
    "What drivers do to demand, by category of items.",
    columns=(
        Column("driver", "text", "price, promotion, an event or another driver"),
        Column("category", "text", "of items; empty for all together"),
        Column("change", "text", "the change of the driver whose effect is told"),
        Column("effect", "float", "change of demand by it, fraction; 0.5 is half as much again"),
        Column(
            "standard_error",
            "float",
            "of the effect, fraction; null where the driver never moved",
            nullable=True,
            minimum=0,
        ),
        Column("occasions", "integer", "stretches of time in which the driver moved", minimum=0),
        Column("series", "integer", "series that it was learnt from", minimum=0),
    ),
    key=("driver", "category"),
)

SEASONAL_PROFILES = output_table(
    "seasonal_profiles",
    "What series of a kind share of the year, and of the season within it: the next of each.",
    columns=(
        Column("season", "text", "year, or the season within it, as the week of days"),
        Column("level", "text", "category, item or warehouse"),
        Column("name", "text", "of the category, item or warehouse"),
        PERIOD,
        Column(
            "multiple",
            "float",
            "demand of the period over the mean of its cycle; of a warehouse, over what it sells",
            minimum=0,
        ),
        Column(
            "standard_error",
            "float",
            "of the multiple, as the kind's mean; its series stray by more",
            minimum=0,
        ),
    ),
    key=("season", "level", "name", "ds"),
)

CHAMPIONS = output_table(
    "champions",
    "The model chosen for each series, and why.",
    columns=(
        WAREHOUSE,
        ITEM,
        Column("demand_class", "text", "smooth, intermittent, erratic, lumpy or new"),
        Column("model", "text", "the champion's name in the line-up"),
        Column("distribution", "text", "the law its quantiles come from"),
        Column("score_name", "text", "the score it won on"),
        Column("score", "float", "its score, smaller is better", nullable=True),
        Column("history_length", "integer", "periods of history used", minimum=0),
        Column(
            "autocorrelation",
            "float",
            "lag-1 correlation of forecast errors",
            minimum=-1,
            maximum=1,
        ),
        Column("reason", "text", "backtest, or the profile that a short history takes"),
    ),
    key=("warehouse_id", "item_id"),
    entity=SERIES,
)
