"""The page for notebooks: its blocks run as they stand, beside a night of the sample."""

import re

import numpy as np
import pytest

from flows.demo import write_demo
from tests.conftest import ROOT
from tests.flows.sample_nights import SMALL, night_in, without_backtests
from tests.survival.plain import run_plain

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Run every block in one namespace, as a notebook does, and return it."""
    folder = tmp_path_factory.mktemp("notebook")
    write_demo(folder / "sample", SMALL)
    job = night_in(folder / "almanac-demo", folder / "sample")
    run_plain(without_backtests(job), report=False)
    blocks = BLOCK.findall((ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8"))
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in blocks:
            exec(compile(block, "notebooks.md", "exec"), found)
    return found


def test_orders_are_read_from_the_night(names):
    assert len(names["orders"]) == 10
    assert names["orders"]["fill_rate"].between(0.0, 1.0).all()


def test_both_series_are_forecast_and_their_paths_have_the_forecast_s_mean(names):
    found = names["found"]
    assert not found.failures
    assert set(found.champions["item_id"]) == {"kettle", "toaster"}
    paths, means = names["paths"], found.forecasts["mean"].to_numpy().reshape(2, 28)
    assert paths.shape == (2, 1_000, 28)
    np.testing.assert_allclose(paths.mean(axis=(1, 2)), means.mean(axis=1), rtol=0.05)


def test_laws_of_one_model_are_around_the_sales_of_each_item(names):
    bands, futures = names["bands"], names["futures"]
    assert bands.shape == (2, 28, 3)
    assert futures.shape == (2, 1_000, 28)
    sold = names["sales"].groupby("item_id")["quantity"].mean().to_numpy()
    assert (bands[:, :, 0].mean(axis=1) < sold).all()
    assert (sold < bands[:, :, 2].mean(axis=1)).all()
    assert (np.diff(names["counts"].quantiles(28), axis=2) >= 0.0).all()


def test_more_stock_serves_more(names):
    assert (np.diff(names["service"].fill_rate) > 0.0).all()


def test_the_book_is_measured_and_its_parts_add_up(names):
    measured = names["measured"]
    assert not measured.failures
    assert (measured.risk["standard_error"] > 0.0).all()
    parts = measured.contributions.groupby(["measure", "level"])["value"].sum()
    whole = measured.risk.set_index(["measure", "level"])["value"]
    np.testing.assert_allclose(parts.loc[whole.index], whole, rtol=1e-9)
