"""What every policy is to a walk: a rule."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from inventory.errors import PlanError
from kernels.arrays import Floats
from kernels.stock_terms import Rule


class Policy(Protocol):
    """When to order and how much."""

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""


def rules_of(policies: Sequence[Policy]) -> Floats:
    """Return (n_policies, 4) float64, a rule a row.

    Parameters
    ----------
    policies : one at least
    """
    return np.array([policy.rule for policy in policies], np.float64)


def require_finite(name: str, value: float) -> None:
    """Refuse a level that is not a number.

    Raises
    ------
    PlanError
        Where ``value`` is not finite.
    """
    if not math.isfinite(value):
        raise PlanError(f"{name} must be finite; got {value}")


def require_positive(name: str, value: float) -> None:
    """Refuse a quantity that is not above zero.

    Raises
    ------
    PlanError
        Where ``value`` is not finite or not above zero.
    """
    if not (math.isfinite(value) and value > 0.0):
        raise PlanError(f"{name} must be finite and above 0; got {value}")
