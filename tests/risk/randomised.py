"""The tail of quasi-random scenarios, with the errors that their randomisations tell."""

from dataclasses import replace

from risk.measures.randomised_errors import randomised_errors
from risk.measures.tail import measure_tail


def randomised_tail(losses, level, randomisations):
    quantile, shortfall = randomised_errors(losses, (level,), randomisations)[0].tolist()
    tail = measure_tail(losses, level)
    return replace(tail, value_at_risk_error=quantile, expected_shortfall_error=shortfall)
