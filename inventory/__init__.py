"""Stock decisions: arrays and frames in, arrays and frames out."""

from inventory.allocation import Allocation, Options, Step, allocate
from inventory.budget import share_budget
from inventory.errors import Failure, InventoryError, PlanError, StockError
from inventory.estimates import Costs, Difference, Estimates, compare, estimate
from inventory.exceptions import ExceptionKind, find_exceptions, rank_orders
from inventory.orders import OrderResult, plan_orders
from inventory.plan import StockPlan
from inventory.policies import (
    BaseStock,
    CappedBaseStock,
    Newsvendor,
    Policy,
    ReorderBatches,
    ReorderQuantity,
    ReorderUpTo,
)
from inventory.replay import (
    HeldPlan,
    MovingAverage,
    Outlook,
    Planner,
    Replay,
    Score,
    SimulatedLevel,
    replay,
    score,
)
from inventory.simulation import Draws, Opening, Supply, simulate, simulate_law
from inventory.transfers import Pooling, Site, Transfer, compare_pooling, plan_transfers

__all__ = [
    "Allocation",
    "BaseStock",
    "CappedBaseStock",
    "Costs",
    "Difference",
    "Draws",
    "Estimates",
    "ExceptionKind",
    "Failure",
    "HeldPlan",
    "InventoryError",
    "MovingAverage",
    "Newsvendor",
    "Opening",
    "Options",
    "OrderResult",
    "Outlook",
    "PlanError",
    "Planner",
    "Policy",
    "Pooling",
    "ReorderBatches",
    "ReorderQuantity",
    "ReorderUpTo",
    "Replay",
    "Score",
    "SimulatedLevel",
    "Site",
    "Step",
    "StockError",
    "StockPlan",
    "Supply",
    "Transfer",
    "allocate",
    "compare",
    "compare_pooling",
    "estimate",
    "find_exceptions",
    "plan_orders",
    "plan_transfers",
    "rank_orders",
    "replay",
    "score",
    "share_budget",
    "simulate",
    "simulate_law",
]
