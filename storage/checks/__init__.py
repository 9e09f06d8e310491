"""Checks: what comes in, and a named row for everything refused or repaired."""

from storage.checks.check import check_inputs
from storage.checks.plan import CheckedInput, CheckPlan, CheckReport

__all__ = ["CheckPlan", "CheckReport", "CheckedInput", "check_inputs"]
