"""Settings of a backtest."""

from dataclasses import dataclass

import numpy as np

from risk.backtests.dynamic_quantile import LAGS
from risk.backtests.errors import BacktestError
from risk.backtests.judgement import require_fraction
from risk.backtests.traffic_light import PLUS_FACTORS, Framework


@dataclass(frozen=True)
class BacktestPlan:
    """How figures are judged.

    Parameters
    ----------
    significance : p-values below it reject, fraction
    framework : whose plus factors the traffic light gives
    lags : of hits in the dynamic quantile test
    degrees : of the t whose tail the tests of expected shortfall take for the shape of losses,
        above 1; infinite for the normal law, whose critical value is the strictest
    histories : simulated for these tests, at least 100
    seed : in [0, 2**32)

    Raises
    ------
    BacktestError
        Where a setting is out of range.
    """

    significance: float = 0.05
    framework: Framework = "2019"
    lags: int = LAGS
    degrees: float = np.inf
    histories: int = 40_000
    seed: int = 0

    def __post_init__(self) -> None:
        require_fraction("significance", self.significance)
        for name, holds, allowed in (
            ("framework", self.framework in PLUS_FACTORS, f"one of {', '.join(PLUS_FACTORS)}"),
            ("lags", self.lags >= 0, "at least 0"),
            ("degrees", self.degrees > 1.0, "above 1"),
            ("histories", self.histories >= 100, "at least 100"),
            ("seed", 0 <= self.seed < 2**32, "in [0, 2**32)"),
        ):
            if not holds:
                raise BacktestError(f"{name} must be {allowed}; got {getattr(self, name)!r}")
