"""Volatility fits on published and real returns."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernels.garch_fit import fit_garch
from kernels.garch_free import free_garch
from risk.volatility import VolatilityModel, fit_volatility, standard_errors
from tests.lanes import slow
from tests.oracles.garch import best_log_likelihood

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs the folder of real data")


@pytest.fixture(scope="module")
def sp500():
    frame = pd.read_parquet(DATA / "prices_sp500_2013_2018.parquet")
    closes = frame.pivot(index="ds", columns="ticker", values="close")
    return np.log(closes).diff().iloc[1:]


def test_mark_against_pound_is_the_published_benchmark():
    """Fiorentini, Calzolari & Panattoni (1996), by Bollerslev & Ghysels's 1,974 returns.

    Convention: the squared surprise and variance before the first day are the mean squared
    surprise. Standard errors by the Hessian.
    """
    moves = pd.read_parquet(DATA / "dmbp_bollerslev_ghysels.parquet")[["ret_pct"]].to_numpy()
    fit = fit_volatility(moves)
    # Published to six digits; -1106.60785 was computed at parameters so rounded.
    assert fit.mean[0] == pytest.approx(-0.00619041, abs=5e-9)
    assert fit.constant[0] == pytest.approx(0.0107613, abs=1.5e-7)
    assert fit.alpha[0] == pytest.approx(0.153134, abs=5e-7)
    assert fit.beta[0] == pytest.approx(0.805974, abs=5e-7)
    assert fit.log_likelihood[0] == pytest.approx(-1106.60785, abs=5e-5)
    errors = standard_errors(fit, moves)[0]
    np.testing.assert_allclose(
        errors[[0, 1, 2, 4]], [0.00846212, 0.00285271, 0.0265228, 0.0335527], rtol=2e-6
    )


@pytest.mark.parametrize(
    ("innovations", "recursion"),
    [
        ("gaussian", "garch"),
        slow("gaussian", "gjr"),
        slow("student_t", "garch"),
        ("student_t", "gjr"),
    ],
)
def test_stocks_are_fitted_no_worse_than_by_a_general_optimiser(sp500, recursion, innovations):
    """The optimiser starts from four places; jumps make normal likelihoods of several tops."""
    fit = fit_volatility(sp500.to_numpy(), VolatilityModel(recursion, innovations))
    assert fit.fitted.sum() >= 498
    worse = 0
    for i in np.flatnonzero(fit.fitted)[::25]:
        own = sp500.iloc[:, i].dropna().to_numpy()
        best = best_log_likelihood(
            own, asymmetric=recursion == "gjr", student=innovations == "student_t"
        )
        worse += bool(fit.log_likelihood[i] < best - 1e-4)
    assert worse == 0


@pytest.mark.parametrize(
    ("days", "recursion", "innovations", "most"),
    [(500, "garch", "gaussian", 5), (500, "gjr", "student_t", 2), (250, "garch", "gaussian", 5)],
)
def test_short_windows_are_fitted_where_they_are_likeliest(
    sp500, days, recursion, innovations, most
):
    """Of fits from sixteen places the best: surprises that tell little leave several tops."""
    window = sp500.iloc[-days:].dropna(axis=1).to_numpy()
    asymmetric, student = recursion == "gjr", innovations == "student_t"
    own = fit_volatility(window, VolatilityModel(recursion, innovations)).log_likelihood
    free, best = free_garch(asymmetric=asymmetric, student=student), own
    for weight, total in product((0.001, 0.02, 0.1, 0.3), (0.4, 0.9, 0.98, 0.9999)):
        start = free.starts[:1].copy()
        start[0, 1:4] = 1.0 - total, weight, total - weight
        if asymmetric:
            start[0, 3:5] = weight, total - weight
        alone = fit_garch(
            window.T, free._replace(starts=start), student=student, centred=True, fewest=60
        )
        best = np.fmax(best, alone.log_likelihood)
    assert len(own) > 450
    assert (own < best - 0.1).sum() <= most


def test_residuals_have_lost_the_clusters_of_the_returns(sp500):
    fit = fit_volatility(sp500.to_numpy())

    def memory(values):
        squares = np.minimum(np.abs(values), 4.0)
        return np.array([np.corrcoef(s[:-1], s[1:])[0, 1] for s in squares.T])

    whole = fit.fitted & np.isfinite(sp500.to_numpy()).all(axis=0)
    before = memory((sp500 / sp500.std()).to_numpy()[:, whole])
    after = memory(fit.residuals[:, whole])
    assert np.median(before) > 0.08
    assert abs(np.median(after)) < 0.02


def test_indices_of_twenty_years_have_the_memory_that_the_literature_finds():
    frame = pd.read_parquet(DATA / "returns_sp500_1987_2009.parquet")
    returns = frame[["ret"]].dropna().to_numpy()
    fit = fit_volatility(returns, VolatilityModel("gjr", "student_t"))
    assert fit.fitted.all()
    assert 0.97 < fit.persistence[0] < 1.0
    assert fit.gamma[0] > 0.05  # falls are followed by more volatility than rises
    assert 4 < fit.degrees[0] < 12
