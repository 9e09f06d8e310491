"""Stock decisions: arrays and frames in, arrays and frames out."""

from inventory.errors import Failure, InventoryError, PlanError, StockError
from inventory.estimates import Costs, Difference, Estimates, compare, estimate
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
from inventory.simulation import Draws, Opening, Supply, simulate, simulate_law

__all__ = [
    "BaseStock",
    "CappedBaseStock",
    "Costs",
    "Difference",
    "Draws",
    "Estimates",
    "Failure",
    "InventoryError",
    "Newsvendor",
    "Opening",
    "OrderResult",
    "PlanError",
    "Policy",
    "ReorderBatches",
    "ReorderQuantity",
    "ReorderUpTo",
    "StockError",
    "StockPlan",
    "Supply",
    "compare",
    "estimate",
    "plan_orders",
    "simulate",
    "simulate_law",
]
