"""Series end to end as the rows of a table, which a device takes."""

import numpy as np

from kernels.arrays import Flags, Floats, Integers


def rows_of(values: Floats, offsets: Integers) -> tuple[Floats, Integers]:
    """Return each series in a row of its own, with zeros after its end, and the lengths.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end
    offsets : (n_series + 1,) int64, where each starts

    Returns
    -------
    (n_series, longest) float64 and (n_series,) int64.
    """
    lengths: Integers = np.diff(offsets).astype(np.int64)
    longest = max(int(lengths.max(initial=1)), 1)
    padded = np.zeros((len(lengths), longest))
    there: Flags = np.arange(longest) < lengths[:, None]
    padded[there] = values
    return padded, lengths
