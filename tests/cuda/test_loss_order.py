"""A book's losses in order are the processor's to the bit, equal ones too."""

from contextlib import nullcontext

import numpy as np
import pytest

from kernels import loss_order as ordered

pytestmark = pytest.mark.usefixtures("grids")


@pytest.fixture
def on_gpu(numba_cuda, monkeypatch):
    """Return the kernels that sort on the device, however few losses there are."""
    from kernels.cuda import loss_order

    monkeypatch.setattr(loss_order, "_FEW", 0)
    return loss_order


@pytest.mark.parametrize("first", [0, 1, 150, 210])
@pytest.mark.parametrize("digits", [1, 16])
@pytest.mark.parametrize("stays", [True, False])
def test_losses_in_order_are_the_processors(on_gpu, first, digits, stays):
    from kernels.cuda.book_losses import keep_losses

    losses = np.round(np.random.default_rng(4).standard_t(4, 211), digits)
    with keep_losses(losses) if stays else nullcontext():
        found = on_gpu.largest_losses(losses, first), on_gpu.largest_scenarios(losses, first)
    np.testing.assert_array_equal(found[0], ordered.largest_losses(losses, first))
    np.testing.assert_array_equal(found[1], ordered.largest_scenarios(losses, first))


def test_few_losses_are_put_in_order_by_the_processor(monkeypatch):
    from kernels.cuda import loss_order

    monkeypatch.delattr(loss_order, "device_arrays")
    losses = np.random.default_rng(5).normal(size=500)
    np.testing.assert_array_equal(loss_order.largest_losses(losses, 0), np.sort(losses))
    np.testing.assert_array_equal(loss_order.largest_scenarios(losses, 0), np.argsort(losses))
