"""What series share of their seasons, as people read it: a multiple of the mean at each date."""

import numpy as np
import pandas as pd

from forecasting.errors import PanelError
from forecasting.grid import future_periods
from forecasting.known_seasons import NO_GROUP, NO_TERMS, Profiles
from forecasting.panel import DemandPanel
from kernels.arrays import Dates, Integers
from kernels.harmonic_season import fill_harmonics

REPORT = ["season", "level", "name", "ds", "multiple", "standard_error"]
# Dates that are told of a year.
WEEKS = 52


def report_seasons(panel: DemandPanel) -> pd.DataFrame:
    """Return the next year and season of each kind of series, as a frame of `REPORT`.

    A multiple is demand of a period over the mean of its cycle, 0 at least; an item's has its
    category's in it, a warehouse's is over that of what it sells. Of the season every period is
    told, of the year `WEEKS` of them. The standard error is that of the kind's mean, alike at every
    date: how far its series stray is not in it.

    Parameters
    ----------
    panel : all series, as `know_seasons` returns them

    Raises
    ------
    PanelError
        Where the panel's series know nothing of what they share.
    """
    known = panel.batch.shared
    if known is None:
        raise PanelError("series must know what they share: see `know_seasons`")
    shared = known.shared
    if not len(shared.until):
        return pd.DataFrame(columns=REPORT)
    category, item, _ = known.groups.T
    above = np.full(len(shared.groups), NO_GROUP)
    above[item[item != NO_GROUP]] = category[item != NO_GROUP]
    last = panel.last_ds[[np.argmax(panel.last_periods)]]
    weeks = np.round(np.arange(WEEKS) * shared.year.period / WEEKS).astype(np.int64)
    frames = []
    for season, profiles, ahead in (
        ("year", shared.year, weeks),
        ("season", shared.season, np.arange(round(shared.season.period))),
    ):
        if profiles.coefficients.shape[2] > NO_TERMS:
            ds = future_periods(last, int(ahead[-1]) + 1, panel.frequency)[0, ahead]
            frames.append(_report(shared.groups, above, profiles, ahead + 1, ds))
            frames[-1].insert(0, "season", season)
    return pd.concat(frames, ignore_index=True)


def _report(
    groups: tuple[tuple[str, str], ...],
    above: Integers,
    profiles: Profiles,
    steps: Integers,
    ds: Dates,
) -> pd.DataFrame:
    """Return the rows of one season, of the groups that tell it."""
    told = np.column_stack([profiles.coefficients[-1], profiles.variances[-1]])
    told = told + np.where(above[:, None] == NO_GROUP, 0.0, np.nan_to_num(told)[above])
    known = np.flatnonzero(np.isfinite(told).all(axis=1))
    n_terms = profiles.coefficients.shape[2]
    errors = np.sqrt(told[known, n_terms:].sum(axis=1))
    waves = np.empty((len(steps), n_terms))
    for step, row in zip(steps, waves, strict=True):
        fill_harmonics(float(step), profiles.period, row)
    # The first two are a mean and a trend, of which a season has none.
    multiples = np.maximum(1.0 + told[known, NO_TERMS:n_terms] @ waves[:, NO_TERMS:].T, 0.0)
    named = np.array(groups, dtype=object)[known].repeat(len(steps), axis=0)
    return pd.DataFrame(
        {
            "level": named[:, 0],
            "name": named[:, 1],
            "ds": np.tile(ds, len(known)),
            "multiple": multiples.ravel(),
            "standard_error": errors.repeat(len(steps)),
        }
    )
