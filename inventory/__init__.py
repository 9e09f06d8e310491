"""Stock decisions: arrays and frames in, arrays and frames out."""

from inventory.errors import Failure, InventoryError, PlanError, StockError
from inventory.orders import OrderResult, plan_orders
from inventory.plan import StockPlan

__all__ = [
    "Failure",
    "InventoryError",
    "OrderResult",
    "PlanError",
    "StockError",
    "StockPlan",
    "plan_orders",
]
