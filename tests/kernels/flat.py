"""Series end to end, as kernels take them."""

import numpy as np


def offsets_of(series):
    """Return where each of some series starts, and where the last one ends."""
    return np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)


def flat(series):
    """Return series end to end, and their offsets."""
    return np.concatenate(series), offsets_of(series)
