"""The frame of the aggregates: a row per node and period, quantiles of its paths."""

import numpy as np
import pytest

from forecasting import PanelError
from forecasting.hierarchy import aggregate_frame, name_nodes
from tests.forecasting.hierarchy.companies import make_company

COMPANY = make_company(3, 4, seed=1)
PERIODS = np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[us]")


def test_rows_are_nodes_by_periods_with_the_quantiles_of_their_paths() -> None:
    rng = np.random.default_rng(2)
    n_aggregates = len(COMPANY.aggregates)
    means, paths = rng.gamma(2.0, size=(n_aggregates, 2)), rng.gamma(2.0, size=(n_aggregates, 9, 2))
    frame = aggregate_frame(COMPANY, PERIODS, means, paths)
    assert len(frame) == 2 * n_aggregates
    assert not frame.duplicated(["level", "node", "ds"]).any()
    np.testing.assert_array_equal(frame["mean"], means.reshape(-1))
    np.testing.assert_allclose(
        frame["q50"], np.median(paths, axis=1).reshape(-1), rtol=1e-15, atol=0
    )
    last = frame.iloc[-1]
    assert (last["ds"], last["q99"]) == (PERIODS[1], np.quantile(paths[-1, :, 1], 0.99))
    assert frame.loc[frame["level"] == "total", "n_series"].eq(len(COMPANY.leaves)).all()


def test_what_is_added_up_may_differ_by_period() -> None:
    n = len(COMPANY.aggregates)
    counts = np.tile([7, 5], (n, 1))
    ones = np.ones((n, 2)), np.ones((n, 4, 2))
    frame = aggregate_frame(COMPANY, PERIODS, *ones, counts)
    assert frame["n_series"].tolist() == [7, 5] * n


def test_nodes_are_named_by_their_ids() -> None:
    names = name_nodes(COMPANY)
    assert names[0] == "total"
    assert {"r0", "w0", "c0", "w0/c0"} <= set(names)


def test_shapes_that_do_not_agree_are_refused() -> None:
    n = len(COMPANY.aggregates)
    with pytest.raises(PanelError, match="2 periods"):
        aggregate_frame(COMPANY, PERIODS, np.ones((n, 3)), np.ones((n, 5, 3)))
