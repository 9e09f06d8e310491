"""Stock moved between warehouses: the lanes it may take, and what to move."""

from storage.tables.demand import ITEM
from storage.tables.table import Column, input_table, output_table

SOURCE = Column("from_warehouse_id", "text", "warehouse that gives")
TARGET = Column("to_warehouse_id", "text", "warehouse that takes")

TRANSFER_LANES = input_table(
    "transfer_lanes",
    "Ways for stock from one warehouse to another, open to every item.",
    columns=(
        SOURCE,
        TARGET,
        Column("lead_time", "integer", "whole periods on the way", minimum=0),
        Column("unit_cost", "float", "money per unit moved", minimum=0),
    ),
    key=("from_warehouse_id", "to_warehouse_id"),
    entity=("from_warehouse_id", "to_warehouse_id"),
)

TRANSFERS = output_table(
    "transfers",
    "What to move between warehouses tonight, and what it is expected to save.",
    columns=(
        ITEM,
        SOURCE,
        TARGET,
        Column("quantity", "float", "units, whole cases", positive=True),
        Column("lead_time", "integer", "whole periods on the way", minimum=0),
        Column("moving_cost", "float", "of all the units, money", minimum=0),
        Column("saving", "float", "cost less over the horizon, after moving_cost, money"),
        Column("saving_standard_error", "float", "of the paired difference, money", minimum=0),
        Column(
            "from_order_quantity",
            "float",
            "units the giver orders tonight once all its transfers are made",
            minimum=0,
        ),
        Column(
            "to_order_quantity",
            "float",
            "units the taker orders tonight once all its transfers are made",
            minimum=0,
        ),
        Column("currency", "text", "of every amount of money in the row"),
        Column("reason", "text", "in words"),
    ),
    key=("item_id", "from_warehouse_id", "to_warehouse_id"),
    entity=("item_id",),
)

STOCK_POOLING = output_table(
    "stock_pooling",
    "What one common stock of an item would cost against one in each warehouse, each at its best "
    "level, under the terms of the warehouse that sells most; demand is independent between them.",
    columns=(
        ITEM,
        Column("warehouses", "integer", "that hold the item", minimum=2),
        Column("separate_cost", "float", "of a stock each, money over the horizon", minimum=0),
        Column("separate_cost_standard_error", "float", "Monte Carlo error, money", minimum=0),
        Column("pooled_cost", "float", "of one stock, money over the horizon", minimum=0),
        Column("pooled_cost_standard_error", "float", "Monte Carlo error, money", minimum=0),
        Column("saving", "float", "separate_cost less pooled_cost, money"),
        Column("saving_standard_error", "float", "of the paired difference, money", minimum=0),
        Column("currency", "text", "of every amount of money in the row"),
    ),
    key=("item_id",),
    entity=("item_id",),
)
