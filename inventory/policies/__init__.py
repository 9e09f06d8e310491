"""Policies: when to order and how much, each as the rule that a walk follows."""

from inventory.policies.base_stock import BaseStock
from inventory.policies.capped_base_stock import CappedBaseStock
from inventory.policies.forecast_order_up_to import ForecastOrderUpTo
from inventory.policies.kinds import PolicyKind, planned_policy, policy_of, rules_of_kind
from inventory.policies.newsvendor import Newsvendor, newsvendor_level
from inventory.policies.policy import Policy, rules_of
from inventory.policies.reorder_batches import ReorderBatches
from inventory.policies.reorder_quantity import ReorderQuantity
from inventory.policies.reorder_up_to import ReorderUpTo

__all__ = [
    "BaseStock",
    "CappedBaseStock",
    "ForecastOrderUpTo",
    "Newsvendor",
    "Policy",
    "PolicyKind",
    "ReorderBatches",
    "ReorderQuantity",
    "ReorderUpTo",
    "newsvendor_level",
    "planned_policy",
    "policy_of",
    "rules_of",
    "rules_of_kind",
]
