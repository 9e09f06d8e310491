"""The decision backtest: past orders replayed, scored in money and service."""

from dataclasses import replace

from storage.tables.demand import ITEM, SERIES, WAREHOUSE
from storage.tables.table import Column, output_table

PLANNERS = ("plan", "previous plan", "moving average", "tuned average")
PLANNER = Column(
    "planner",
    "text",
    "the plan itself; its level of some reviews before; mean demand times a cover; the same with "
    "the cover that cost least before the replay",
    choices=PLANNERS,
)
DEMANDED = Column("demanded", "float", "units asked for", minimum=0)
TARGET = Column("service_target", "float", "asked of target_measure", minimum=0, maximum=1)
MEASURE = Column(
    "target_measure",
    "text",
    "what the target is asked of: fill rate, cycle service, or cost (of nothing)",
)
COST = Column("cost", "float", "holding + shortage + ordering + waste, money", minimum=0)
CURRENCY = Column("currency", "text", "of every amount of money in the row")

DECISION_BACKTESTS = output_table(
    "decision_backtests",
    "What each planner would have cost and served over the periods replayed, all items together.",
    columns=(
        PLANNER,
        Column("items", "integer", "warehouse-items replayed", minimum=1),
        Column(
            "known_items",
            "integer",
            "warehouse-items known long enough to be replayed, of which items are all or a sample",
            minimum=1,
        ),
        Column("periods", "integer", "periods replayed", minimum=1),
        DEMANDED,
        Column(
            "fill_rate",
            "float",
            "share served from stock of the demand that an order of the replay can reach",
            minimum=0,
            maximum=1,
        ),
        Column(
            "cycle_service",
            "float",
            "share without shortage of the items' periods that an order of the replay can reach",
            minimum=0,
            maximum=1,
        ),
        replace(TARGET, description="asked of target_measure, mean of the items"),
        MEASURE,
        Column(
            "reached_share",
            "float",
            "share of items that served their target; all where cost alone decides",
            minimum=0,
            maximum=1,
        ),
        Column("mean_stock", "float", "units in stock at the end of a period", minimum=0),
        Column("orders", "integer", "orders placed", minimum=0),
        COST,
        Column("saving", "float", "its cost less that of the plan, money"),
        Column(
            "saving_standard_error",
            "float",
            "of the sum, paired item by item; null with one item",
            nullable=True,
            minimum=0,
        ),
        Column(
            "better_share", "float", "share of items where the plan cost less", minimum=0, maximum=1
        ),
        CURRENCY,
    ),
    key=("planner",),
    entity=("planner",),
)

DECISION_BACKTEST_PERIODS = output_table(
    "decision_backtest_periods",
    "The same period by period.",
    columns=(
        PLANNER,
        Column("ds", "timestamp", "start of the period"),
        DEMANDED,
        Column("items", "integer", "warehouse-items replayed", minimum=1),
        Column("sold", "float", "units served from stock", minimum=0),
        Column("covered", "integer", "items without shortage", minimum=0),
        Column("held", "float", "units in stock at the end of the period", minimum=0),
        Column("ordered", "float", "units ordered", minimum=0),
        COST,
        CURRENCY,
    ),
    key=("planner", "ds"),
    entity=("planner",),
)

DECISION_BACKTEST_ITEMS = output_table(
    "decision_backtest_items",
    "The same item by item.",
    columns=(
        WAREHOUSE,
        ITEM,
        PLANNER,
        Column("periods", "integer", "periods replayed", minimum=1),
        DEMANDED,
        Column("sold", "float", "units served from stock", minimum=0),
        Column("covered_periods", "integer", "periods without shortage", minimum=0),
        Column(
            "reached_demand",
            "float",
            "units asked for once an order of the replay can arrive, by the mean lead time",
            minimum=0,
        ),
        Column("served", "float", "units of the same served from stock", minimum=0),
        Column("reached_periods", "integer", "periods from then on", minimum=0),
        Column("served_periods", "integer", "of these, without shortage", minimum=0),
        TARGET,
        MEASURE,
        Column(
            "reached", "boolean", "whether the target was served of them; yes where cost decides"
        ),
        Column("mean_stock", "float", "units in stock at the end of a period", minimum=0),
        Column("ordered", "float", "units ordered", minimum=0),
        Column("orders", "integer", "orders placed", minimum=0),
        COST,
        Column("saving", "float", "its cost less that of the plan, money"),
        CURRENCY,
    ),
    key=("warehouse_id", "item_id", "planner"),
    entity=SERIES,
)
