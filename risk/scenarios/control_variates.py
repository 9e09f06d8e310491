"""The tail of losses corrected by a control whose own tail is known.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", sections 4.1 and 9.2; Hsu &
Nelson (1990), "Control variates for quantile estimation", Management Science 36(7); Rockafellar &
Uryasev (2000), "Optimization of conditional value-at-risk", Journal of Risk 2(3), eq. 4.
"""

import numpy as np

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.measures.tail import measure_tail
from risk.scenarios.precision import TailEstimate, variance_gain
from risk.scenarios.quadratic_law import LawTail


def controlled_tail(
    losses: Floats, control: Floats, level: float, control_tail: LawTail
) -> TailEstimate:
    """Return the tail corrected by a control whose own tail is known.

    Value at risk is the quantile of scenarios weighted so that the share beyond the control's
    value at risk is what it must be; expected shortfall is the least value of Rockafellar and
    Uryasev's function, its mean excess regressed on that share and on the control's excess.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; independent scenarios, no NaN
    control : (n_scenarios,) float64, money: of the same scenarios, such as delta-gamma losses
    level : in (0, 1)
    control_tail : of the control's exact law, such as `quadratic_tail` gives

    Returns
    -------
    TailEstimate, money.

    Raises
    ------
    PlanError
        Where no scenario, or every one, lies beyond the control's value at risk.

    References
    ----------
    Hsu & Nelson (1990), for value at risk; Rockafellar & Uryasev (2000), eq. 4, and Glasserman
    (2004), section 4.1, for expected shortfall.
    """
    beyond = control > control_tail.value_at_risk
    if beyond.all() or not beyond.any():
        raise PlanError(
            f"scenarios must lie on both sides of the control's value at risk; "
            f"{int(beyond.sum())} of {len(beyond)} are beyond it"
        )
    plain = measure_tail(losses, level)
    weights = np.where(beyond, (1.0 - level) / beyond.sum(), level / (~beyond).sum())
    value_at_risk = _weighted_quantile(losses, weights, level)
    excess = np.maximum(losses - value_at_risk, 0.0)
    controls = np.column_stack([beyond, np.maximum(control - control_tail.value_at_risk, 0.0)])
    mean_excess = control_tail.expected_shortfall - control_tail.value_at_risk
    known = (1.0 - level) * np.array([1.0, mean_excess])
    mean, error = _regressed_mean(excess, controls, known)
    _, share_error = _regressed_mean(
        (losses > value_at_risk).astype(float), controls[:, :1], known[:1]
    )
    # However good the control, a quantile is a scenario: it misses by the gap to the next, whose
    # mean is 1 / n over the density. The density is that which the plain error implies.
    share = np.hypot(share_error, 1.0 / len(losses))
    plain_share = np.sqrt(level * (1.0 - level) / len(losses))
    var_error = float(plain.value_at_risk_error * share / plain_share)
    # Missing the quantile costs the least value half the density times the miss squared.
    es_error = float(np.hypot(error, 0.5 * var_error * share) / (1.0 - level))
    return TailEstimate(
        value_at_risk,
        value_at_risk + mean / (1.0 - level),
        var_error,
        es_error,
        variance_gain(plain.value_at_risk_error, var_error),
        variance_gain(plain.expected_shortfall_error, es_error),
        len(losses),
    )


def _weighted_quantile(losses: Floats, weights: Floats, level: float) -> float:
    order = np.argsort(losses, kind="stable")
    # Rounding in the sum must not push the quantile one scenario out.
    reached = np.cumsum(weights[order]) >= level - 1e-12
    return float(losses[order[np.argmax(reached)]])


def _regressed_mean(values: Floats, controls: Floats, known: Floats) -> tuple[float, float]:
    """Return the mean of ``values`` corrected by controls of known mean, and its error."""
    about = controls - controls.mean(axis=0)
    slopes = np.linalg.lstsq(about, values - values.mean(), rcond=None)[0]
    residuals = values - values.mean() - about @ slopes
    mean = values.mean() - (controls.mean(axis=0) - known) @ slopes
    spread = np.sqrt((residuals**2).sum() / (len(values) - 1 - len(known)))
    return float(mean), float(spread / np.sqrt(len(values)))
