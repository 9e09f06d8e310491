"""The kernels that a caller names by what they do, on the processor or on a GPU.

The GPU's are imported when first asked for: numba-cuda and CuPy are optional.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Protocol

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
from kernels.american import Workspace
from kernels.arrays import Floats, Integers, Words
from kernels.changes_without import Changes, Figures
from kernels.device import Device
from kernels.ets import EtsFits
from kernels.garch_fit import GarchFits
from kernels.garch_free import FreeParameters
from kernels.intermittent import IntermittentModel
from kernels.linear_books import BookTails
from kernels.philox import Stream
from kernels.scenario_values import Flows
from kernels.stock_batches import Walk, Walks
from kernels.theta import ThetaFits, ThetaModel


class GaussianMoves(Protocol):
    """As `kernels.market_normals.gaussian_moves`."""

    def __call__(self, loadings: Floats, seed: int, n_scenarios: int, stream: Stream, /) -> Floats:
        """Return Gaussian moves of many factors."""


class FillOptionValues(Protocol):
    """As `kernels.option_values.fill_option_values`."""

    def __call__(
        self,
        spots: Floats,
        rates: Floats,
        carries: Floats,
        volatilities: Floats,
        strike: float,
        years: float,
        sign: float,
        out: Floats,
        /,
    ) -> None:
        """Fill the value of one European option under each scenario."""


class FillAmericanValues(Protocol):
    """As `kernels.american.fill_american_values`."""

    def __call__(
        self,
        spots: Floats,
        rates: Floats,
        carries: Floats,
        volatilities: Floats,
        strike: float,
        years: float,
        sign: float,
        today: Floats,
        space: Workspace,
        out: Floats,
        /,
    ) -> None:
        """Fill the value of one American option under each scenario."""


class FillFutureValues(Protocol):
    """As `kernels.scenario_values.fill_future_values`."""

    def __call__(self, moves: Floats, level: float, out: Floats, /) -> None:
        """Fill the value of one future under each scenario."""


class FillForwardValues(Protocol):
    """As `kernels.scenario_values.fill_forward_values`."""

    def __call__(
        self,
        moves: Floats,
        domestic: Floats,
        foreign: Floats,
        level: float,
        strike: float,
        years: float,
        out: Floats,
        /,
    ) -> None:
        """Fill the value of one currency forward under each scenario."""


class FillBondValues(Protocol):
    """As `kernels.scenario_values.fill_bond_values`."""

    def __call__(self, moves: Floats, levels: Floats, flows: Flows, out: Floats, /) -> None:
        """Fill the value of one bond under each scenario."""


class KeepLosses(Protocol):
    """As `kernels.cuda.book_losses.keep_losses`."""

    def __call__(self, losses: Floats, /) -> AbstractContextManager[None]:
        """Keep losses at hand while a block runs."""


class BookLosses(Protocol):
    """As `kernels.book_losses.book_losses`."""

    def __call__(self, losses: Floats, instruments: Integers, quantities: Floats, /) -> Floats:
        """Return the loss of one book under every scenario."""


class LargestLosses(Protocol):
    """As `kernels.loss_order.largest_losses`."""

    def __call__(self, losses: Floats, first: int, /) -> Floats:
        """Return the losses from an order statistic on, ascending."""


class LargestScenarios(Protocol):
    """As `kernels.loss_order.largest_scenarios`."""

    def __call__(self, losses: Floats, first: int, /) -> Integers:
        """Return the scenarios of the losses from an order statistic on."""


class LargestWithout(Protocol):
    """As `kernels.largest_without.largest_without`."""

    def __call__(
        self,
        losses: Floats,
        instruments: Integers,
        quantities: Floats,
        total: Floats,
        kept: int,
        /,
    ) -> Floats:
        """Return the largest losses of a book without each of its positions."""


class ChangesWithout(Protocol):
    """As `kernels.changes_without.changes_without`."""

    def __call__(
        self,
        losses: Floats,
        instruments: Integers,
        quantities: Floats,
        total: Floats,
        figures: Figures,
        /,
    ) -> Changes:
        """Return how the tail of a book changes without each of its positions."""


class RandomisedChanges(Protocol):
    """As `kernels.changes_without.randomised_changes`."""

    def __call__(
        self,
        losses: Floats,
        instruments: Integers,
        quantities: Floats,
        total: Floats,
        figures: Figures,
        steps: tuple[Floats, Floats],
        randomisations: int,
        /,
    ) -> tuple[Floats, Floats]:
        """Return the sums over each randomisation of what changes without a position."""


class WalkItems(Protocol):
    """As `kernels.stock_batches.walk_each_item`."""

    def __call__(self, seed: int, first_path: int, walks: Sequence[Walk], /) -> list[Floats]:
        """Return the totals of every walk."""


class WalkAll(Protocol):
    """As `kernels.stock_batches.walk_items`."""

    def __call__(self, seed: int, first_path: int, walks: Walks, /) -> Floats:
        """Return the totals of every walk, end to end."""


class KeepBookTails(Protocol):
    """As `kernels.linear_books.keep_book_tails`."""

    def __call__(
        self, folded: np.ndarray, scenarios: range, kept: int, degrees: float, seed: int, /
    ) -> BookTails:
        """Return the worst scenarios of each book."""


class MeanTailShocks(Protocol):
    """As `kernels.linear_books.mean_tail_shocks`."""

    def __call__(
        self,
        scenarios: Integers,
        weights: Floats,
        degrees: float,
        seed: int,
        folded: np.ndarray,
        /,
    ) -> Floats:
        """Return the weighted mean shock over each book's tail."""


class FitEts(Protocol):
    """As `kernels.ets.fit_ets`."""

    def __call__(
        self, values: Floats, offsets: Integers, season_length: int, models: tuple[str, ...], /
    ) -> EtsFits:
        """Choose and fit a model for each series."""


class RefitEts(Protocol):
    """As `kernels.ets_refit.refit_ets`."""

    def __call__(self, near: EtsFits, values: Floats, offsets: Integers, /) -> EtsFits:
        """Fit each series' model again, from the parameters it had."""


class ForecastEts(Protocol):
    """As `kernels.ets.forecast_ets`."""

    def __call__(self, fits: EtsFits, horizon: int, /) -> Floats:
        """Return the path without errors of each series."""


class TrackEts(Protocol):
    """As `kernels.ets_forward.track_ets`."""

    def __call__(
        self, fits: EtsFits, signal: Floats, values: Floats, offsets: Integers, /
    ) -> tuple[EtsFits, Floats]:
        """Carry each state, and the average of its errors, through new observations."""


class RunEts(Protocol):
    """As `kernels.ets_forward.run_ets`."""

    def __call__(self, fits: EtsFits, values: Floats, offsets: Integers, /) -> EtsFits:
        """Run each model through its whole history again."""


class SimulateEts(Protocol):
    """As `kernels.ets_paths.simulate_ets`."""

    def __call__(
        self, fits: EtsFits, entities: Words, n_paths: int, horizon: int, seed: int, /
    ) -> Floats:
        """Return sample paths of each series."""


class EtsQuantiles(Protocol):
    """As `kernels.ets_paths.ets_quantiles`."""

    def __call__(
        self,
        fits: EtsFits,
        entities: Words,
        levels: Floats,
        n_paths: int,
        horizon: int,
        seed: int,
        /,
    ) -> Floats:
        """Return quantiles of sample paths of each series."""


class FitThetas(Protocol):
    """As `kernels.theta.fit_thetas`."""

    def __call__(
        self,
        values: Floats,
        offsets: Integers,
        season_length: int,
        horizon: int,
        model: ThetaModel,
        /,
    ) -> ThetaFits:
        """Fit a theta model to each series, and forecast it."""


class IntermittentRates(Protocol):
    """As `kernels.intermittent.intermittent_rates`."""

    def __call__(
        self,
        values: Floats,
        offsets: Integers,
        model: IntermittentModel,
        of_sizes: float,
        of_chances: float,
        /,
    ) -> Floats:
        """Forecast each series by a model of intermittent demand."""


class FitCounts(Protocol):
    """As `kernels.counts_fit.fit_count_batch`."""

    def __call__(self, values: Floats, offsets: Integers, fits: Floats, /) -> None:
        """Fit a negative binomial to each series."""


class FitHurdles(Protocol):
    """As `kernels.counts_fit.fit_hurdle_batch`."""

    def __call__(
        self, values: Floats, offsets: Integers, chances: Floats, sizes: Floats, /
    ) -> None:
        """Fit the chance of demand, and the units beyond the first, to each series."""


class FitGarch(Protocol):
    """As `kernels.garch_fit.fit_garch`."""

    def __call__(
        self,
        values: Floats,
        free: FreeParameters,
        /,
        *,
        student: bool,
        centred: bool,
        fewest: int,
    ) -> GarchFits:
        """Fit every series by maximum likelihood."""


def fit_ets_on(device: Device) -> FitEts:
    """Return the kernel that chooses and fits exponential smoothing models."""
    if device == "cpu":
        return ets.fit_ets
    from kernels.cuda import ets as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.fit_ets


def refit_ets_on(device: Device) -> RefitEts:
    """Return the kernel that fits exponential smoothing models again."""
    if device == "cpu":
        return ets_refit.refit_ets
    from kernels.cuda import ets as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.refit_ets


def forecast_ets_on(device: Device) -> ForecastEts:
    """Return the kernel that forecasts with exponential smoothing models."""
    if device == "cpu":
        return ets.forecast_ets
    from kernels.cuda import ets_forward as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.forecast_ets


def track_ets_on(device: Device) -> TrackEts:
    """Return the kernel that carries the states of models through new observations."""
    if device == "cpu":
        return ets_forward.track_ets
    from kernels.cuda import ets_forward as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.track_ets


def run_ets_on(device: Device) -> RunEts:
    """Return the kernel that runs models through whole histories again."""
    if device == "cpu":
        return ets_forward.run_ets
    from kernels.cuda import ets_forward as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.run_ets


def simulate_ets_on(device: Device) -> SimulateEts:
    """Return the kernel that simulates exponential smoothing models."""
    if device == "cpu":
        return ets_paths.simulate_ets
    from kernels.cuda import ets_paths as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.simulate_ets


def ets_quantiles_on(device: Device) -> EtsQuantiles:
    """Return the kernel that ranks what exponential smoothing models simulate."""
    if device == "cpu":
        return ets_paths.ets_quantiles
    from kernels.cuda import ets_paths as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.ets_quantiles


def fit_thetas_on(device: Device) -> FitThetas:
    """Return the kernel that fits and forecasts theta models."""
    if device == "cpu":
        return theta.fit_thetas
    from kernels.cuda import thetas  # noqa: PLC0415 - an optional extra

    return thetas.fit_thetas


def intermittent_rates_on(device: Device) -> IntermittentRates:
    """Return the kernel that forecasts intermittent demand."""
    if device == "cpu":
        return intermittent.intermittent_rates
    from kernels.cuda import intermittent as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.intermittent_rates


def fit_counts_on(device: Device) -> FitCounts:
    """Return the kernel that fits negative binomials."""
    if device == "cpu":
        fit: FitCounts = counts_fit.fit_count_batch
        return fit
    from kernels.cuda import intermittent as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.fit_count_batch


def fit_hurdles_on(device: Device) -> FitHurdles:
    """Return the kernel that fits chances of demand and sizes."""
    if device == "cpu":
        fit: FitHurdles = counts_fit.fit_hurdle_batch
        return fit
    from kernels.cuda import intermittent as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.fit_hurdle_batch


def fit_garch_on(device: Device) -> FitGarch:
    """Return the kernel that fits GARCH series."""
    if device == "cpu":
        return garch_fit.fit_garch
    from kernels.cuda import garch  # noqa: PLC0415 - an optional extra

    return garch.fit_garch


def gaussian_moves_on(device: Device) -> GaussianMoves:
    """Return the kernel that draws Gaussian moves of factors."""
    if device == "cpu":
        return market_normals.gaussian_moves
    from kernels.cuda import market_moves  # noqa: PLC0415 - an optional extra

    return market_moves.gaussian_moves


def option_values_on(device: Device) -> FillOptionValues:
    """Return the kernel that values a European option over scenarios."""
    if device == "cpu":
        return option_values.fill_option_values
    from kernels.cuda import options  # noqa: PLC0415 - an optional extra

    return options.fill_option_values


def american_values_on(device: Device) -> FillAmericanValues:
    """Return the kernel that values an American option over scenarios."""
    if device == "cpu":
        fill: FillAmericanValues = american.fill_american_values
        return fill
    from kernels.cuda import options  # noqa: PLC0415 - an optional extra

    return options.fill_american_values


def keep_losses_on(device: Device) -> KeepLosses:
    """Return what keeps losses at hand: instruments', or those of one book."""
    if device == "cpu":
        return lambda _: nullcontext()
    from kernels.cuda import book_losses as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.keep_losses


def book_losses_on(device: Device) -> BookLosses:
    """Return the kernel that adds up the losses of a book."""
    if device == "cpu":
        return book_losses.book_losses
    from kernels.cuda import book_losses as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.book_losses


def largest_losses_on(device: Device) -> LargestLosses:
    """Return the kernel that puts the largest losses of a book in order."""
    if device == "cpu":
        return loss_order.largest_losses
    from kernels.cuda import loss_order as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.largest_losses


def largest_scenarios_on(device: Device) -> LargestScenarios:
    """Return the kernel that puts the scenarios of a book's largest losses in order."""
    if device == "cpu":
        return loss_order.largest_scenarios
    from kernels.cuda import loss_order as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.largest_scenarios


def largest_without_on(device: Device) -> LargestWithout:
    """Return the kernel that finds the largest losses of a book without each position."""
    if device == "cpu":
        return largest_without.largest_without
    from kernels.cuda import book_losses as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.largest_without


def changes_without_on(device: Device) -> ChangesWithout:
    """Return the kernel that tells how the tail of a book changes without each position."""
    if device == "cpu":
        return changes_without.changes_without
    from kernels.cuda import book_losses as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.changes_without


def randomised_changes_on(device: Device) -> RandomisedChanges:
    """Return the kernel that tells the same of quasi-random scenarios."""
    if device == "cpu":
        return changes_without.randomised_changes
    from kernels.cuda import book_losses as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.randomised_changes


def future_values_on(device: Device) -> FillFutureValues:
    """Return the kernel that values a future over scenarios."""
    if device == "cpu":
        fill: FillFutureValues = scenario_values.fill_future_values
        return fill
    from kernels.cuda import scenario_values as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.fill_future_values


def forward_values_on(device: Device) -> FillForwardValues:
    """Return the kernel that values a currency forward over scenarios."""
    if device == "cpu":
        fill: FillForwardValues = scenario_values.fill_forward_values
        return fill
    from kernels.cuda import scenario_values as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.fill_forward_values


def bond_values_on(device: Device) -> FillBondValues:
    """Return the kernel that values a bond over scenarios."""
    if device == "cpu":
        fill: FillBondValues = scenario_values.fill_bond_values
        return fill
    from kernels.cuda import scenario_values as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.fill_bond_values


def walk_items_on(device: Device) -> WalkItems:
    """Return the kernel that walks stock over given demand paths."""
    if device == "cpu":
        return stock_batches.walk_each_item
    from kernels.cuda import stock  # noqa: PLC0415 - an optional extra

    return stock.walk_items


def walk_all_on(device: Device) -> WalkAll:
    """Return the kernel that walks the stock of many items of as many paths and periods."""
    if device == "cpu":
        return stock_batches.walk_items
    each = walk_items_on(device)

    def walk_all(seed: int, first_path: int, walks: Walks, /) -> Floats:
        return np.concatenate(each(seed, first_path, stock_batches.each_walk(walks)))

    return walk_all


def book_tails_on(device: Device, *, staircase: bool = False) -> KeepBookTails:
    """Return the kernel that keeps the tails of linear books.

    Parameters
    ----------
    device : where
    staircase : whether book i has weights in its first i + 1 columns only, and a processor may
        leave out what is zero
    """
    if device == "cpu":
        return partial(linear_books.keep_book_tails, staircase=staircase)
    from kernels.cuda import linear_books as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.keep_book_tails


def tail_shocks_on(device: Device) -> MeanTailShocks:
    """Return the kernel that averages the shocks of tails."""
    if device == "cpu":
        return linear_books.mean_tail_shocks
    from kernels.cuda import linear_books as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.mean_tail_shocks
