"""The tail of losses corrected by a control whose own tail is known.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", sections 4.1 and 9.2; Hsu &
Nelson (1990), "Control variates for quantile estimation", Management Science 36(7); Rockafellar &
Uryasev (2000), "Optimization of conditional value-at-risk", Journal of Risk 2(3), eq. 4.
"""

from collections.abc import Sequence

import numpy as np

from kernels.arrays import Flags, Floats, Integers
from kernels.device import Device
from kernels.on_device import largest_scenarios_on
from risk.errors import PlanError
from risk.measures.regression import regress_on
from risk.measures.tail import (
    Tail,
    TailControl,
    quantile_errors,
    quantile_place,
    quantile_reach,
)
from risk.scenarios.quadratic_law import LawTail


def corrected_tails(
    losses: Floats,
    control: Floats,
    levels: Sequence[float],
    control_tails: Sequence[LawTail],
    device: Device = "cpu",
) -> list[Tail]:
    """Return the tail at each level, corrected by a control whose own tail is known.

    Value at risk is the quantile of scenarios weighted so that the share beyond the control's
    value at risk is what it must be; expected shortfall is the least value of Rockafellar and
    Uryasev's function, its mean excess regressed on that share and on the control's excess.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; independent scenarios, no NaN
    control : (n_scenarios,) float64, money: of the same scenarios, such as delta-gamma losses
    levels : in (0, 1)
    control_tails : of the control's exact law at each level, such as `quadratic_tails` gives
    device : where losses are put in order

    Returns
    -------
    A tail for each level, money. Its weights are those of the regression: they add up to 1, and the
    weighted losses to expected shortfall, as in a plain tail, but the first may be a little below
    0.

    Raises
    ------
    PlanError
        Where no scenario, or every one, lies beyond a value at risk of the control.

    References
    ----------
    Hsu & Nelson (1990), for value at risk; Rockafellar & Uryasev (2000), eq. 4, and Glasserman
    (2004), section 4.1, for expected shortfall.
    """
    largest = _largest(losses, levels, device)
    tails = []
    for level, known in zip(levels, control_tails, strict=True):
        beyond = control > known.value_at_risk
        if beyond.all() or not beyond.any():
            raise PlanError(
                f"scenarios must lie on both sides of the control's value at risk; "
                f"{int(beyond.sum())} of {len(beyond)} are beyond it"
            )
        tails.append(_corrected(losses, control, level, known, beyond, largest))
    return tails


def _largest(losses: Floats, levels: Sequence[float], device: Device) -> Integers:
    """Return the numbers of the largest losses, ascending: more than corrections reach."""
    n = len(losses)
    first = min(quantile_place(n, level) - 1 - 2 * quantile_reach(n, level) for level in levels)
    return largest_scenarios_on(device)(losses, first)


def _corrected(
    losses: Floats, control: Floats, level: float, known: LawTail, beyond: Flags, largest: Integers
) -> Tail:
    n, share = len(losses), 1.0 - level
    scenarios = _weighted_tail(losses, level, beyond, largest)
    value_at_risk = float(losses[scenarios[0]])
    mean_excess = known.expected_shortfall - known.value_at_risk
    counted = beyond.astype(float), share
    deep = np.maximum(control - known.value_at_risk, 0.0), share * mean_excess
    both, alone = regress_on([counted, deep]), regress_on([counted])
    weights = both.weights[scenarios] / share
    weights[0] = 1.0 - weights[1:].sum()
    share_error = alone.error((losses > value_at_risk).astype(float))
    # However good the control, a quantile is a scenario: it misses by the gap to the next, whose
    # mean is 1 / n over the density. The density is that which the plain error implies.
    missed = np.hypot(share_error, 1.0 / n)
    plain_error = quantile_errors(losses[largest][None], n, level)[0]
    var_error = float(plain_error * missed / np.sqrt(level * share / n))
    # Missing the quantile costs the least value half the density times the miss squared.
    excess_error = both.error(np.maximum(losses - value_at_risk, 0.0))
    return Tail(
        value_at_risk=value_at_risk,
        value_at_risk_error=var_error,
        expected_shortfall=float((weights * losses[scenarios]).sum()),
        expected_shortfall_error=float(np.hypot(excess_error, 0.5 * var_error * missed) / share),
        scenarios=scenarios,
        weights=weights,
        control=TailControl(both, alone, float(missed)),
    )


def _weighted_tail(losses: Floats, level: float, beyond: Flags, largest: Integers) -> Integers:
    """Return the scenarios from the quantile on, weighted so that those beyond are as many as said.

    It is the smallest loss above which no more than ``1 - level`` of the weights lie.
    """
    share = 1.0 - level
    matched = np.where(beyond, share / beyond.sum(), level / (~beyond).sum())
    upwards = np.cumsum(matched[largest][::-1])[::-1]
    # Rounding in the sum must not push the quantile one scenario out.
    place = int(np.argmax(np.append(upwards[1:], 0.0) <= share + 1e-12))
    if place == 0 and len(largest) < len(losses):
        return _weighted_tail(losses, level, beyond, np.argsort(losses, kind="stable"))
    return largest[place:]
