"""Stock decisions: arrays and frames in, arrays and frames out."""

from inventory.allocation import Allocation, Options, Step, allocate
from inventory.decision_backtest import (
    PLANNERS,
    Backtest,
    Rivals,
    replay_planners,
)
from inventory.decision_rows import (
    PERIOD_COLUMNS,
    compare_planners,
    item_columns,
    period_columns,
)
from inventory.errors import Failure, InventoryError, PlanError, StockError
from inventory.estimates import Costs, Difference, Estimates, compare, estimate
from inventory.exceptions import Cut, ExceptionKind, find_exceptions
from inventory.item_transfers import (
    POOLING_COLUMNS,
    TRANSFER_COLUMNS,
    TransferResult,
    plan_item_transfers,
)
from inventory.joint_allocation import allocate_jointly
from inventory.law_estimates import estimate_law
from inventory.names import coded_ids, with_names_coded
from inventory.orders import OrderResult, plan_orders
from inventory.past_plans import PastForecasts
from inventory.plan import StockPlan, Target
from inventory.policies import (
    BaseStock,
    CappedBaseStock,
    ForecastOrderUpTo,
    Newsvendor,
    Policy,
    PolicyKind,
    ReorderBatches,
    ReorderQuantity,
    ReorderUpTo,
)
from inventory.position_rows import items_of, keys_of, positions_of
from inventory.sharing import Shared, share_limits
from inventory.simulation import Draws, Opening, Supply, simulate, simulate_law
from inventory.transfers import (
    Lane,
    Pooling,
    Site,
    Transfer,
    compare_pooling,
    judge_transfers,
    plan_transfers,
)
from inventory.warehouse_limits import (
    BUDGET_COLUMNS,
    CAPACITY_COLUMNS,
    Limits,
    SharedWarehouse,
    share_warehouse,
    unused_budget,
    unused_capacity,
)

__all__ = [
    "BUDGET_COLUMNS",
    "CAPACITY_COLUMNS",
    "PERIOD_COLUMNS",
    "PLANNERS",
    "POOLING_COLUMNS",
    "TRANSFER_COLUMNS",
    "Allocation",
    "Backtest",
    "BaseStock",
    "CappedBaseStock",
    "Costs",
    "Cut",
    "Difference",
    "Draws",
    "Estimates",
    "ExceptionKind",
    "Failure",
    "ForecastOrderUpTo",
    "InventoryError",
    "Lane",
    "Limits",
    "Newsvendor",
    "Opening",
    "Options",
    "OrderResult",
    "PastForecasts",
    "PlanError",
    "Policy",
    "PolicyKind",
    "Pooling",
    "ReorderBatches",
    "ReorderQuantity",
    "ReorderUpTo",
    "Rivals",
    "Shared",
    "SharedWarehouse",
    "Site",
    "Step",
    "StockError",
    "StockPlan",
    "Supply",
    "Target",
    "Transfer",
    "TransferResult",
    "allocate",
    "allocate_jointly",
    "coded_ids",
    "compare",
    "compare_planners",
    "compare_pooling",
    "estimate",
    "estimate_law",
    "find_exceptions",
    "item_columns",
    "items_of",
    "judge_transfers",
    "keys_of",
    "period_columns",
    "plan_item_transfers",
    "plan_orders",
    "plan_transfers",
    "positions_of",
    "replay_planners",
    "share_limits",
    "share_warehouse",
    "simulate",
    "simulate_law",
    "unused_budget",
    "unused_capacity",
    "with_names_coded",
]
