"""The kernels that a caller names by what they do, on the processor or on a GPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Generic, TypeVar, cast

import numpy as np

from kernels import (
    american,
    book_losses,
    changes_without,
    counts_fit,
    ets,
    ets_forward,
    ets_paths,
    ets_refit,
    garch_fit,
    intermittent,
    largest_without,
    linear_books,
    loss_order,
    market_normals,
    option_values,
    scenario_values,
    stock_batches,
    theta,
)
from kernels.arrays import Floats
from kernels.device import Device
from kernels.linear_books import BookTails
from kernels.stock_batches import Walks

Kernel = TypeVar("Kernel", bound=Callable[..., object])


@dataclass(frozen=True)
class OnDevice(Generic[Kernel]):
    """A kernel of the processor, and its twin on a GPU, which takes the same by position.

    Parameters
    ----------
    processor : the kernel
    home : module of `kernels.cuda` with the twin, imported when it is first asked for: numba-cuda
        and CuPy are optional
    name : of the twin; empty where it is the kernel's own
    """

    processor: Kernel
    home: str
    name: str = ""

    def __call__(self, device: Device) -> Kernel:
        """Return the kernel of a device."""
        if device == "cpu":
            return self.processor
        home = import_module(f"kernels.cuda.{self.home}")
        return cast("Kernel", getattr(home, self.name or self.processor.__name__))


fit_ets_on = OnDevice(ets.fit_ets, "ets")
refit_ets_on = OnDevice(ets_refit.refit_ets, "ets")
forecast_ets_on = OnDevice(ets.forecast_ets, "ets_forward")
track_ets_on = OnDevice(ets_forward.track_ets, "ets_forward")
run_ets_on = OnDevice(ets_forward.run_ets, "ets_forward")
simulate_ets_on = OnDevice(ets_paths.simulate_ets, "ets_paths")
ets_quantiles_on = OnDevice(ets_paths.ets_quantiles, "ets_paths")
fit_thetas_on = OnDevice(theta.fit_thetas, "thetas")
intermittent_rates_on = OnDevice(intermittent.intermittent_rates, "intermittent")
fit_counts_on = OnDevice(counts_fit.fit_count_batch, "intermittent")
fit_hurdles_on = OnDevice(counts_fit.fit_hurdle_batch, "intermittent")
fit_garch_on = OnDevice(garch_fit.fit_garch, "garch")
gaussian_moves_on = OnDevice(market_normals.gaussian_moves, "market_moves")
option_values_on = OnDevice(option_values.fill_option_values, "options")
american_values_on = OnDevice(american.fill_american_values, "options")
future_values_on = OnDevice(scenario_values.fill_future_values, "scenario_values")
forward_values_on = OnDevice(scenario_values.fill_forward_values, "scenario_values")
bond_values_on = OnDevice(scenario_values.fill_bond_values, "scenario_values")
book_losses_on = OnDevice(book_losses.book_losses, "book_losses")
largest_losses_on = OnDevice(loss_order.largest_losses, "loss_order")
largest_scenarios_on = OnDevice(loss_order.largest_scenarios, "loss_order")
largest_without_on = OnDevice(largest_without.largest_without, "book_losses")
changes_without_on = OnDevice(changes_without.changes_without, "book_losses")
randomised_changes_on = OnDevice(changes_without.randomised_changes, "book_losses")
walk_items_on = OnDevice(stock_batches.walk_each_item, "stock", "walk_items")
tail_shocks_on = OnDevice(linear_books.mean_tail_shocks, "linear_books")


@contextmanager
def _keep_nothing(_losses: Floats) -> Iterator[None]:
    yield


# What keeps losses at hand while a block runs: instruments', or those of one book.
keep_losses_on = OnDevice(_keep_nothing, "book_losses", "keep_losses")


def walk_all_on(device: Device) -> Callable[[int, int, Walks], Floats]:
    """Return the kernel that walks the stock of many items of as many paths and periods."""
    if device == "cpu":
        return stock_batches.walk_items
    each = walk_items_on(device)

    def walk_all(seed: int, first_path: int, walks: Walks) -> Floats:
        return np.concatenate(each(seed, first_path, stock_batches.each_walk(walks)))

    return walk_all


def book_tails_on(
    device: Device, *, staircase: bool = False
) -> Callable[[np.ndarray, range, int, float, int], BookTails]:
    """Return the kernel that keeps the tails of linear books.

    Parameters
    ----------
    device : where
    staircase : whether book i has weights in its first i + 1 columns only, and a processor may
        leave out what is zero
    """
    if device == "cpu":
        return partial(linear_books.keep_book_tails, staircase=staircase)
    home = import_module("kernels.cuda.linear_books")
    return cast("Callable[[np.ndarray, range, int, float, int], BookTails]", home.keep_book_tails)
