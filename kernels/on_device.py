"""The kernels that a caller names by what they do, on the processor or on a GPU.

The GPU's are imported when first asked for: numba-cuda and CuPy are optional.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from kernels import black_scholes, linear_books, stock_batches
from kernels.arrays import Floats, Integers
from kernels.device import Device
from kernels.linear_books import BookTails
from kernels.stock_batches import Walk


class FillOptionValues(Protocol):
    """As `kernels.black_scholes.fill_option_values`."""

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


class WalkItems(Protocol):
    """As `kernels.stock_batches.walk_each_item`."""

    def __call__(self, seed: int, first_path: int, walks: Sequence[Walk], /) -> list[Floats]:
        """Return the totals of every walk."""


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


def option_values_on(device: Device) -> FillOptionValues:
    """Return the kernel that values a European option over scenarios."""
    if device == "cpu":
        return black_scholes.fill_option_values
    from kernels.cuda import options  # noqa: PLC0415 - an optional extra

    return options.fill_option_values


def walk_items_on(device: Device) -> WalkItems:
    """Return the kernel that walks stock over given demand paths."""
    if device == "cpu":
        return stock_batches.walk_each_item
    from kernels.cuda import stock  # noqa: PLC0415 - an optional extra

    return stock.walk_items


def book_tails_on(device: Device) -> KeepBookTails:
    """Return the kernel that keeps the tails of linear books."""
    if device == "cpu":
        return linear_books.keep_book_tails
    from kernels.cuda import linear_books as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.keep_book_tails


def tail_shocks_on(device: Device) -> MeanTailShocks:
    """Return the kernel that averages the shocks of tails."""
    if device == "cpu":
        return linear_books.mean_tail_shocks
    from kernels.cuda import linear_books as on_gpu  # noqa: PLC0415 - an optional extra

    return on_gpu.mean_tail_shocks
