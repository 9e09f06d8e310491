"""Teaching one model from all series."""

from dataclasses import dataclass

import numpy as np

from forecasting.drivers import origin_ends
from forecasting.errors import PanelError
from forecasting.models.global_model import (
    FeatureRecipe,
    GlobalModel,
    find_library,
    make_features,
    read_booster,
)
from forecasting.panel import DemandPanel
from forecasting.plan import ForecastPlan
from kernels.arrays import Floats, Integers
from kernels.global_features import spread_origins

# Periods before a training origin, in short seasons.
SHORTEST_IN_SEASONS = 2
# A stride that shares no factor with weeks, days or months, so that origins fall on all of them.
STRIDE = 11


@dataclass(frozen=True)
class TrainingPlan:
    """How trees are taught.

    Parameters
    ----------
    rounds, leaves, learning_rate : of the trees
    least_rows : of a leaf
    most_rows : taught, over all series, origins and steps
    seed : of what each tree is shown

    Raises
    ------
    PlanError
        From the library, where a setting is out of its range.
    """

    rounds: int = 300
    leaves: int = 48
    learning_rate: float = 0.06
    least_rows: int = 100
    most_rows: int = 500_000
    seed: int = 0

    def settings(self) -> dict[str, object]:
        """Return the library's settings: one thread, and nothing left to chance."""
        return {
            "objective": "poisson",
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.least_rows,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }


@dataclass(frozen=True)
class TrainedTexts:
    """A model as it is stored.

    Parameters
    ----------
    recipe : of the features
    until : (n_vintages,) int64, last period that each was taught from
    texts : of the trees of each vintage
    rows : (n_vintages,) int64, taught
    """

    recipe: FeatureRecipe
    until: Integers
    texts: tuple[str, ...]
    rows: Integers

    def model(self, groups: tuple[str, ...]) -> GlobalModel:
        """Return the model for a panel whose groups are these."""
        known = {name: number for number, name in enumerate(self.recipe.groups)}
        codes = np.array([known.get(name, 0) for name in groups], np.int64)
        boosters = [read_booster(text) for text in self.texts]
        return GlobalModel(self.recipe, self.until, boosters, codes)


def train_global_model(
    panel: DemandPanel,
    columns: tuple[str, ...],
    groups: tuple[str, ...],
    plan: ForecastPlan,
    training: TrainingPlan,
) -> TrainedTexts:
    """Teach trees from all series: once for the backtest, and once for the night.

    The first has seen nothing after the first origin of the panel's backtest, so that it may be
    judged there; the second has seen all there is. Demand where stock ran out is no target.

    Parameters
    ----------
    panel : all series, with their drivers
    columns, groups : names of the drivers' columns, and of the groups
    plan : origins, seasons and horizon
    training : how

    Raises
    ------
    PanelError
        Where no series is long enough to teach anything.
    PlanError
        Where the library is not installed.
    """
    recipe = FeatureRecipe(
        plan.frequency, plan.season_length, plan.seasons.year, plan.horizon, columns, groups
    )
    ends = origin_ends(panel, plan)
    until = np.unique(ends[[0, -1]])
    texts, rows = [], []
    for period in until:
        features, targets = training_rows(recipe, panel, plan, training, int(period))
        texts.append(_teach(features, targets, training))
        rows.append(len(targets))
    return TrainedTexts(recipe, until, tuple(texts), np.array(rows, np.int64))


def training_rows(
    recipe: FeatureRecipe,
    panel: DemandPanel,
    plan: ForecastPlan,
    training: TrainingPlan,
    until: int,
) -> tuple[Floats, Floats]:
    """Return what trees are taught: features and multiples of the level, up to a period.

    Origins are `STRIDE` periods apart, as many of each series as `most_rows` allows.

    Parameters
    ----------
    recipe : of the features
    panel : all series, with their drivers
    plan, training : settings
    until : number since 1970 of the last period that may be looked at
    """
    batch = panel.uncensored(plan.season_length)
    assert batch.drivers is not None
    late = np.maximum(batch.drivers.periods - until, 0)
    lengths = batch.lengths - late
    per_series = max(training.most_rows // max(len(batch) * plan.horizon, 1), 1)
    least = SHORTEST_IN_SEASONS * recipe.season
    dropped = spread_origins(lengths, per_series, STRIDE, least, plan.horizon)
    codes = np.arange(len(recipe.groups))
    seen = np.where(panel.censored, np.nan, panel.batch.values)
    parts, wanted = [], []
    for origin in range(per_series):
        chosen = np.flatnonzero(dropped[:, origin] >= 0)
        if not len(chosen):
            continue
        drop = late[chosen] + dropped[chosen, origin]
        features, scales = make_features(recipe, batch.cut(chosen, drop, None), codes, plan.horizon)
        places = (batch.offsets[chosen + 1] - drop)[:, None] + np.arange(plan.horizon)
        targets = seen[places] / np.where(scales > 0.0, scales, np.nan)[:, None]
        known = np.isfinite(targets)
        parts.append(features[known])
        wanted.append(targets[known])
    if not parts or not sum(len(part) for part in wanted):
        raise PanelError(
            f"the global model has nothing to learn from: no series has {least + plan.horizon} "
            "periods before the backtest's first origin"
        )
    return np.concatenate(parts), np.concatenate(wanted)


def _teach(features: Floats, targets: Floats, training: TrainingPlan) -> str:
    library = find_library()
    names = [f"f{number}" for number in range(features.shape[1])]
    data = library.Dataset(features, targets, feature_name=names, free_raw_data=True)
    booster = library.train(training.settings(), data, num_boost_round=training.rounds)
    return str(booster.model_to_string())
