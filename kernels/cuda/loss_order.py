"""The largest losses of one book in order, or their scenarios, on a GPU.

Sorting chooses among numbers and makes none, so what comes back is the processor's to the bit.
"""

from kernels import loss_order
from kernels.arrays import Floats, Integers
from kernels.cuda.arrays import device_arrays, to_host
from kernels.cuda.book_losses import at_hand

# Fewer are about a millisecond's work for the processor; where a device begins to gain is a guess.
_FEW = 32_768


def largest_losses(losses: Floats, first: int) -> Floats:
    """Return the losses from an order statistic on, ascending.

    Arguments and result are those of `kernels.loss_order.largest_losses`, to the bit.
    """
    if len(losses) < _FEW:
        return loss_order.largest_losses(losses, first)
    return to_host(device_arrays().sort(at_hand(losses))[first:])


def largest_scenarios(losses: Floats, first: int) -> Integers:
    """Return the scenarios whose losses are no less than an order statistic, from the least on.

    Arguments and result are those of `kernels.loss_order.largest_scenarios`, to the bit.
    """
    if len(losses) < _FEW:
        return loss_order.largest_scenarios(losses, first)
    far = at_hand(losses)
    order = device_arrays().argsort(far, kind="stable")
    if first <= 0:
        return to_host(order)
    below = int((far < far[order[first]]).sum())
    return to_host(order[below:])
