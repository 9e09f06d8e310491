"""Exact theory: policies whose best levels and costs are known without simulation."""

from inventory.theory.base_stock import NormalBaseStock, base_stock_levels
from inventory.theory.economic_order import (
    EconomicOrder,
    economic_order,
    least_cost_quantity,
    plan_known_demand,
)
from inventory.theory.finite_horizon import FiniteHorizon
from inventory.theory.lost_sales import best_lost_sales_cost, lost_sales_base_stock_cost
from inventory.theory.newsvendor import (
    NewsvendorOptimum,
    count_newsvendor,
    lognormal_newsvendor,
    normal_newsvendor,
)
from inventory.theory.reorder_quantity import (
    ReorderQuantityOptimum,
    approximate_reorder_quantity,
    best_reorder_quantity,
)
from inventory.theory.reorder_up_to import (
    ReorderUpToOptimum,
    best_reorder_up_to,
    reorder_up_to_cost,
)
from inventory.theory.serial_system import (
    SerialOptimum,
    best_normal_serial_levels,
    best_serial_levels,
)

__all__ = [
    "EconomicOrder",
    "FiniteHorizon",
    "NewsvendorOptimum",
    "NormalBaseStock",
    "ReorderQuantityOptimum",
    "ReorderUpToOptimum",
    "SerialOptimum",
    "approximate_reorder_quantity",
    "base_stock_levels",
    "best_lost_sales_cost",
    "best_normal_serial_levels",
    "best_reorder_quantity",
    "best_reorder_up_to",
    "best_serial_levels",
    "count_newsvendor",
    "economic_order",
    "least_cost_quantity",
    "lognormal_newsvendor",
    "lost_sales_base_stock_cost",
    "normal_newsvendor",
    "plan_known_demand",
    "reorder_up_to_cost",
]
