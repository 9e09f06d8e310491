"""The projection: coherent, idempotent, unbiased, and what dense algebra gives."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from forecasting import PanelError, PlanError
from forecasting.hierarchy import (
    METHODS,
    Hierarchy,
    Method,
    Projection,
    build_hierarchy,
    make_projection,
    make_weights,
)
from kernels.arrays import Floats
from tests.forecasting.hierarchy.companies import make_company
from tests.oracles.reconciliation import reconcile


def project(company: Hierarchy, method: Method, errors: Floats | None = None) -> Projection:
    return make_projection(company, *make_weights(company, method, errors))


def some_errors(company: Hierarchy, rng: np.random.Generator) -> Floats:
    errors: Floats = rng.gamma(2.0, 5.0, size=company.summing.shape[0]) + 0.1
    return errors


@given(seed=st.integers(0, 2**32 - 1), method=st.sampled_from(METHODS))
@settings(max_examples=30)
def test_reconciled_forecasts_are_coherent_and_stay_as_they_are(seed: int, method: Method) -> None:
    company, rng = make_company(4, 6, seed), np.random.default_rng(seed)
    projection = project(company, method, some_errors(company, rng))
    n_aggregates, n_leaves = company.membership.shape
    own, leaves = rng.gamma(3.0, 9.0, (n_aggregates, 3)), rng.gamma(3.0, 3.0, (n_leaves, 3))
    above, below = projection.reconcile(own, leaves, nonnegative=False)
    np.testing.assert_allclose(above, company.membership @ below, rtol=1e-12, atol=1e-9)
    again = projection.reconcile(above, below, nonnegative=False)
    # Rounding of a solve whose condition is below 1e4.
    np.testing.assert_allclose(again[0], above, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(again[1], below, rtol=1e-10, atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_projection_is_that_of_dense_algebra(seed: int) -> None:
    company, rng = make_company(3, 5, seed), np.random.default_rng(seed)
    n_aggregates, n_leaves = company.membership.shape
    errors = some_errors(company, rng)
    # Some aggregates have no forecast of their own.
    errors[:n_aggregates][rng.random(n_aggregates) < 0.3] = np.nan
    base = rng.gamma(3.0, 9.0, (n_aggregates + n_leaves, 2))
    found = np.concatenate(
        project(company, "variance", errors).reconcile(
            base[:n_aggregates], base[n_aggregates:], nonnegative=False
        )
    )
    variances = np.where(np.isnan(errors), np.inf, errors)
    expected = reconcile(company.summing.toarray(), variances, base)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_projection_leaves_coherent_means_unbiased(method: Method) -> None:
    """S P S = S, column by column."""
    company = make_company(4, 6, seed=11)
    errors = some_errors(company, np.random.default_rng(12))
    each_leaf = np.eye(len(company.leaves))
    above, below = project(company, method, errors).reconcile(
        company.sum_up(each_leaf), each_leaf, nonnegative=False
    )
    np.testing.assert_allclose(above, company.sum_up(each_leaf), atol=1e-12)
    np.testing.assert_allclose(below, each_leaf, atol=1e-12)


def test_bottom_up_leaves_leaves_as_they_are_to_the_bit() -> None:
    company, rng = make_company(4, 6, seed=2), np.random.default_rng(3)
    leaves = rng.gamma(2.0, size=(len(company.leaves), 4))
    own = np.full((len(company.aggregates), 4), np.nan)
    above, below = project(company, "bottom_up").reconcile(own, leaves, nonnegative=True)
    np.testing.assert_array_equal(below, leaves)
    np.testing.assert_array_equal(above, company.sum_up(leaves))


def test_certain_leaf_is_left_as_it_is() -> None:
    company, rng = make_company(4, 6, seed=2), np.random.default_rng(4)
    errors = some_errors(company, rng)
    errors[len(company.aggregates)] = 0.0
    leaves = rng.gamma(2.0, size=(len(company.leaves), 1))
    own = company.sum_up(leaves) * 1.3
    _, below = project(company, "variance", errors).reconcile(own, leaves, nonnegative=False)
    assert below[0] == leaves[0]
    assert (below[1:] > leaves[1:]).all()


def test_demand_is_kept_from_going_below_nothing_and_stays_coherent() -> None:
    company, rng = make_company(4, 6, seed=5), np.random.default_rng(6)
    leaves = rng.gamma(0.2, 5.0, size=(len(company.leaves), 6))
    own = 0.5 * company.sum_up(leaves)
    projection = project(company, "structural")
    assert (projection.reconcile(own, leaves, nonnegative=False)[1] < 0.0).any()
    above, below = projection.reconcile(own, leaves, nonnegative=True)
    assert (below >= 0.0).all()
    np.testing.assert_allclose(above, company.sum_up(below), rtol=0, atol=1e-9)


def test_leaves_adjusted_in_pieces_are_those_of_the_whole_to_the_bit() -> None:
    company, rng = make_company(5, 7, seed=7), np.random.default_rng(8)
    projection = project(company, "variance", some_errors(company, rng))
    leaves = rng.gamma(2.0, size=(len(company.leaves), 3, 4))
    pull = projection.multipliers(1.1 * company.sum_up(leaves), company.sum_up(leaves))
    whole = projection.adjust(leaves, pull)
    for piece in np.array_split(rng.permutation(len(leaves)), 3):
        np.testing.assert_array_equal(projection.adjust(leaves[piece], pull, piece), whole[piece])


# Base forecasts of a total, two pairs, two crossing pairs and four leaves, and mean squared
# errors; what hierarchicalforecast 1.5.3 (MinTrace, wls_struct and wls_var) makes of them.
GOLDEN_ABOVE = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
GOLDEN_BASE = np.array(
    [[100, 110], [55, 58], [40, 49], [61, 50], [45, 57], [30, 28], [22, 31], [28, 20], [15, 26.0]]
)
# Means of squares of its twelve residuals each; normal draws, rounded to hundredths.
GOLDEN_ERRORS = np.array(
    [
        33.35005833333333,
        41.353766666666665,
        26.352349999999998,
        22.95283333333333,
        21.345683333333337,
        14.596158333333335,
        3.9894666666666665,
        3.9582499999999996,
        5.372433333333333,
    ]
)
GOLDEN: dict[Method, list[list[float]]] = {
    "structural": [
        [99.0, 107.25],
        [55.5, 59.125],
        [43.5, 48.125],
        [58.75, 49.625],
        [40.25, 57.625],
        [31.125, 28.3125],
        [24.375, 30.8125],
        [27.625, 21.3125],
        [15.875, 26.8125],
    ],
    "variance": [
        [98.6460082793394, 107.19193014569457],
        [54.87338418350972, 59.890434704664045],
        [43.77262409582968, 47.301495441030525],
        [59.46896544612198, 49.530050665288016],
        [39.17704283321742, 57.661879480406554],
        [31.61090010276889, 28.86059958362754],
        [23.26248408074083, 31.029835121036506],
        [27.858065343353086, 20.669451081660476],
        [15.914558752476593, 26.632044359370052],
    ],
}


@pytest.mark.parametrize("method", list(GOLDEN))
def test_projection_is_that_of_hierarchicalforecast(method: Method) -> None:
    company = Hierarchy(
        pd.DataFrame(index=range(4)),
        pd.DataFrame(index=range(5)),
        sparse.csr_array(GOLDEN_ABOVE.astype(float)),
    )
    projection = project(company, method, GOLDEN_ERRORS)
    found = projection.reconcile(GOLDEN_BASE[:5], GOLDEN_BASE[5:], nonnegative=False)
    # Two ways to solve a system of nine rows, each to rounding.
    np.testing.assert_allclose(np.concatenate(found), GOLDEN[method], rtol=1e-9)


def test_wrong_weights_are_refused() -> None:
    company = make_company(2, 3, seed=1)
    n_aggregates, n_leaves = company.membership.shape
    fine = np.ones(n_aggregates + n_leaves)
    with pytest.raises(PlanError, match="method must be one of"):
        make_weights(company, "shrink")  # type: ignore[arg-type]
    with pytest.raises(PanelError, match="got none"):
        make_weights(company, "variance")
    for place in (0, -1):
        wrong = fine.copy()
        wrong[place] = -1.0
        with pytest.raises(PanelError, match=r"errors of .* not (be )?negative"):
            make_weights(company, "variance", wrong)
    with pytest.raises(PanelError, match="aggregate_variances"):
        make_projection(company, np.zeros(n_aggregates), np.ones(n_leaves))
    with pytest.raises(PanelError, match="leaf_variances"):
        make_projection(company, np.ones(n_aggregates), np.full(n_leaves, np.nan))


def test_forecasts_that_are_no_numbers_are_refused() -> None:
    company = make_company(2, 3, seed=1)
    projection = project(company, "structural")
    leaves = np.ones((len(company.leaves), 1))
    own = company.sum_up(leaves)
    with pytest.raises(PanelError, match="aggregates that count must be finite"):
        projection.reconcile(own * np.nan, leaves, nonnegative=True)
    with pytest.raises(PanelError, match="leaves must be finite"):
        projection.reconcile(own, leaves * np.nan, nonnegative=True)
    with pytest.raises(PanelError, match="one shape"):
        projection.multipliers(own[:-1], own)


@pytest.mark.slow
def test_thirty_thousand_leaves_are_reconciled_within_memory() -> None:
    n_warehouses, n_items = 10, 3_000
    pairs = pd.MultiIndex.from_product(
        [[f"w{n}" for n in range(n_warehouses)], [f"i{n:04d}" for n in range(n_items)]]
    )
    series = pairs.to_frame(index=False, name=["warehouse_id", "item_id"])
    categories = pd.Series({f"i{n:04d}": f"c{n % 40}" for n in range(n_items)})
    company = build_hierarchy(series, categories)
    leaves = np.random.default_rng(9).gamma(0.5, 2.0, (len(series), 28))
    tracemalloc.start()
    above, below = project(company, "structural").reconcile(
        1.05 * company.sum_up(leaves), leaves, nonnegative=True
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(above, company.sum_up(below), rtol=1e-12)
    # A dense square of the leaves would take 7.2 GB; the forecasts themselves are 6.7 MB.
    assert peak < 100e6
