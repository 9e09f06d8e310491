"""Losses of models that have not all answered at the same origins, made comparable."""

import numpy as np

from forecasting.scores import ratio_or
from kernels.arrays import Flags, Floats, Integers


def comparable_means(sums: Floats, counts: Integers) -> Floats:
    """Return each model's mean loss, as if it had answered wherever the series was scored.

    Some origins are harder than others. A model that was silent at a few, because the history
    before them was too short for it, is compared with those that answered everywhere on the
    origins that it has; the ratio found there goes for all. Where none answered everywhere, each
    stands with its own mean.

    Parameters
    ----------
    sums : (n_models, n_series, windows) float64, losses added up over the steps of an origin; zero
        where nothing is scored
    counts : (n_models, n_series, windows) int64, of losses

    Returns
    -------
    (n_models, n_series) float64; infinite where a model has no loss at all.
    """
    seen = counts > 0
    complete: Flags = np.all(seen | ~seen.any(axis=0), axis=2)
    own = ratio_or(sums.sum(axis=2), counts.sum(axis=2), np.inf)
    if complete.all():
        return own
    n_steps = counts.max(axis=0)
    those = np.where(complete[:, :, None], sums, 0.0)
    # Model by model: NumPy adds up a single series of many models in another order than several.
    reference = ratio_or(
        sum(those, np.zeros(n_steps.shape)),
        sum(np.where(complete[:, :, None], counts, 0), np.zeros(n_steps.shape)),
        0.0,
    )
    everywhere = ratio_or((reference * n_steps).sum(axis=1), n_steps.sum(axis=1), 0.0)
    there = ratio_or((reference * counts).sum(axis=2), counts.sum(axis=2), 0.0)
    factor = ratio_or(np.broadcast_to(everywhere, there.shape), there, 1.0)
    lifted = ~complete & complete.any(axis=0) & np.isfinite(own)
    return np.where(lifted, own * np.where(lifted, factor, 1.0), own)
