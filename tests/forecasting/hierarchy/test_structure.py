"""Every level adds up to the total, and a series is in one node of each level."""

import numpy as np
import pandas as pd
import pytest

from forecasting import PanelError
from forecasting.hierarchy import LEVELS, build_hierarchy
from tests.forecasting.hierarchy.companies import make_company

SERIES = pd.DataFrame(
    {"warehouse_id": ["a", "a", "b", "c"], "item_id": ["x", "y", "x", "y"]}, dtype=object
)
CATEGORIES = pd.Series({"x": "food", "y": "toys"})
REGIONS = pd.Series({"a": "north", "b": "north", "c": "south"})


def test_nodes_are_those_of_every_level_from_the_top() -> None:
    found = build_hierarchy(SERIES, CATEGORIES, REGIONS).aggregates
    assert list(found["level"]) == [
        "total",
        *["region"] * 2,
        *["warehouse"] * 3,
        *["category"] * 2,
        *["warehouse_category"] * 4,
    ]
    assert list(found.loc[found["level"] == "region", "region"]) == ["north", "south"]
    assert found.loc[found["level"] == "total", ["region", "warehouse_id"]].isna().all(axis=None)


def test_sums_are_those_of_a_group_by() -> None:
    company = make_company(5, 7, seed=3)
    values = np.random.default_rng(4).gamma(2.0, size=(len(company.leaves), 2))
    found = company.sum_up(values)
    for level, columns in LEVELS.items():
        rows = (company.aggregates["level"] == level).to_numpy()
        frame = company.leaves.assign(first=values[:, 0], second=values[:, 1])
        amounts = ["first", "second"]
        grouped = frame.groupby(list(columns))[amounts].sum() if columns else frame[amounts].sum()
        # Sums of some thirty numbers near one: rounding alone.
        np.testing.assert_allclose(
            found[rows], grouped.to_numpy().reshape(-1, 2), rtol=1e-13, atol=0.0
        )


def test_summing_matrix_has_aggregates_above_leaves() -> None:
    company = build_hierarchy(SERIES, CATEGORIES, REGIONS)
    dense = company.summing.toarray()
    assert dense.shape == (12 + 4, 4)
    np.testing.assert_array_equal(dense[0], np.ones(4))
    np.testing.assert_array_equal(dense[12:], np.eye(4))


def test_level_without_its_groups_is_left_out() -> None:
    found = build_hierarchy(SERIES, pd.Series(dtype=object)).aggregates
    assert set(found["level"]) == {"total", "warehouse"}


def test_series_of_unknown_group_is_in_the_total_alone() -> None:
    company = build_hierarchy(SERIES, CATEGORIES.drop("y"), REGIONS)
    sums = company.sum_up(np.ones((4, 1)))[:, 0]
    by_level = pd.Series(sums).groupby(company.aggregates["level"]).sum()
    assert by_level["total"] == 4
    assert by_level["category"] == 2
    assert by_level["region"] == 4


@pytest.mark.parametrize(
    ("series", "regions", "message"),
    [
        (pd.concat([SERIES, SERIES[:1]]), REGIONS, "a/x twice"),
        (SERIES, pd.Series(["n", "s"], index=["a", "a"]), "two for 'a'"),
        (SERIES[:0], REGIONS, "none"),
    ],
)
def test_what_is_no_hierarchy_is_refused(
    series: pd.DataFrame, regions: pd.Series, message: str
) -> None:
    with pytest.raises(PanelError, match=message):
        build_hierarchy(series, CATEGORIES, regions)
