"""What is expected after a period's demand, where demand beyond stock is lost."""

from numba import njit

from kernels.arrays import Floats


@njit(cache=True, nogil=True)
def fill_expected(law: Floats, values: Floats, out: Floats) -> None:
    """Fill the mean of values of what is left, by stock before demand.

    Parameters
    ----------
    law : (n_outcomes,) float64, probabilities of 0, 1, ... units
    values : (n_stock, n_others) float64, by units left, and by whatever else
    out : (n_stock, n_others) float64, overwritten
    """
    n_stock, n_others = values.shape
    n_outcomes = law.shape[0]
    while n_outcomes > 1 and law[n_outcomes - 1] == 0.0:
        n_outcomes -= 1
    beyond = 1.0
    for stock in range(n_stock):
        # All stock is sold by this much or more.
        for other in range(n_others):
            out[stock, other] = beyond * values[0, other]
        for demand in range(min(stock, n_outcomes)):
            chance = law[demand]
            left = values[stock - demand]
            for other in range(n_others):
                out[stock, other] += chance * left[other]
        beyond = max(beyond - law[stock], 0.0) if stock < n_outcomes else 0.0
