"""What backtests chose for many series, as it lasts from one night to the next."""

import hashlib
import json
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from forecasting.calibration import BANDS
from forecasting.champions import MEASURES
from forecasting.combinations import MOST_MEMBERS
from forecasting.distributions import LEVELS, Spread
from forecasting.errors import PanelError
from forecasting.evaluation import PART_MEASURES
from forecasting.histories import Seen
from forecasting.labels import Labels
from forecasting.panel import find_series
from forecasting.plan import ForecastPlan
from kernels.arrays import Dates, Floats, Integers

# Whose backtest is kept with a choice: the champion's own, and what it is compared with.
JUDGED = ("own", "benchmark")
MEMBER_COLUMNS = tuple(f"member_{number}" for number in range(1, MOST_MEMBERS + 1))
_WEIGHTS = [f"weight_{number}" for number in range(1, MOST_MEMBERS + 1)]
_LAW = ("law", "dispersion", "growth", "zero_share")
_RATIOS = [f"ratio_{round(100 * level):02d}" for level in LEVELS]
_PARTS = [f"part_{band}_{measure}" for band in range(BANDS) for measure in PART_MEASURES]
_SEEN = {"first": "first_period", "last": "last_period", "data": "data", "recent": "recent"}


def settings_of(plan: ForecastPlan, demand_class: str) -> str:
    """Return a hash of what decides which models a series of a class takes, beside its history."""
    asked = {
        "line_up": plan.models_for(demand_class),
        "demand_class": demand_class,
        "frequency": plan.frequency,
        "history": plan.history if isinstance(plan.history, int | None) else dict(plan.history),
        **{
            name: getattr(plan, name)
            for name in (
                "season_length",
                "horizon",
                "windows",
                "step",
                "minimum_history",
                "score",
                "combine",
                "cap_outliers",
            )
        },
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


class _Ids(NamedTuple):
    """Columns of ids and names."""

    warehouse_id: Labels
    item_id: Labels
    demand_class: Labels
    model: Labels
    settings: Labels


@dataclass(frozen=True)
class Choices:
    """The models of series, their weights, and the law around their means.

    Parameters
    ----------
    warehouse_id, item_id : of (n_series,)
    demand_class, model : of (n_series,), of the series when it was chosen for, and the champion
    settings : of (n_series,), `settings_of` then
    chosen_on : (n_series,) datetime64[us], the night
    members : `MOST_MEMBERS` of (n_series,), models of the champion's means; empty texts where fewer
    weights : (n_series, `MOST_MEMBERS`) float64, that sum to one
    score, autocorrelation : (n_series,) float64, of the champion's backtest
    origins : (n_series,) int64, of the backtest
    spread : laws
    accuracy : (n_series, len(`JUDGED`), len(`MEASURES`)) float64, as in the frame of accuracy; NaN
        where the model is not in it
    parts : (n_series, `BANDS`, len(`PART_MEASURES`)) float64, the champion's backtest by part of
        the horizon, as `forecasting.evaluation.evaluate_series` says; NaN where none was kept
    seen : histories when they were last forecast
    """

    warehouse_id: Labels
    item_id: Labels
    demand_class: Labels
    model: Labels
    settings: Labels
    chosen_on: Dates
    members: tuple[Labels, ...]
    weights: Floats
    score: Floats
    autocorrelation: Floats
    origins: Integers
    spread: Spread
    accuracy: Floats
    parts: Floats
    seen: Seen

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.score)

    @classmethod
    def none(cls) -> Self:
        """Return no choices."""
        names, numbers, whole = Labels.of(()), np.empty(0), np.empty(0, np.int64)
        words = np.empty(0, np.uint64)
        return cls(
            *_Ids(names, names, names, names, names),
            chosen_on=np.empty(0, "datetime64[us]"),
            members=(names,) * MOST_MEMBERS,
            weights=np.empty((0, MOST_MEMBERS)),
            score=numbers,
            autocorrelation=numbers,
            origins=whole,
            spread=Spread(whole, numbers, numbers, numbers, np.empty((0, len(LEVELS)))),
            accuracy=np.empty((0, len(JUDGED), len(MEASURES))),
            parts=np.empty((0, BANDS, len(PART_MEASURES))),
            seen=Seen(whole, whole, words, words),
        )

    def of(self, chosen: Integers) -> Self:
        """Return the choices of some series."""
        labels = {name: getattr(self, name).take(chosen) for name in _Ids._fields}
        arrays = {
            each.name: getattr(self, each.name)[chosen]
            for each in fields(self)
            if each.name not in (*_Ids._fields, "members", "spread", "seen")
        }
        members = tuple(own.take(chosen) for own in self.members)
        seen = Seen._make(part[chosen] for part in self.seen)
        spread = self.spread.of(chosen)
        return type(self)(members=members, spread=spread, seen=seen, **labels, **arrays)

    def find(self, warehouse_id: Labels, item_id: Labels) -> Integers:
        """Return the place of each series among the choices, -1 where it has none."""
        return find_series((self.warehouse_id, self.item_id), (warehouse_id, item_id))

    def to_frame(self) -> pd.DataFrame:
        """Return a row per series."""
        columns: dict[str, object] = {
            **{name: getattr(self, name).categorical() for name in _Ids._fields},
            "chosen_on": self.chosen_on,
            "score": self.score,
            "origins": self.origins,
            "autocorrelation": self.autocorrelation,
        }
        for place, (member, weight) in enumerate(zip(MEMBER_COLUMNS, _WEIGHTS, strict=True)):
            columns[member] = self.members[place].categorical()
            columns[weight] = self.weights[:, place]
        columns |= {name: getattr(self.spread, name) for name in _LAW}
        columns |= {name: self.spread.ratios[:, place] for place, name in enumerate(_RATIOS)}
        for row, whose in enumerate(JUDGED):
            for place, measure in enumerate(MEASURES):
                columns[f"{whose}_{measure}"] = self.accuracy[:, row, place]
        by_part = self.parts.reshape(len(self), len(_PARTS))
        columns |= {name: by_part[:, place] for place, name in enumerate(_PARTS)}
        columns |= {column: getattr(self.seen, name) for name, column in _SEEN.items()}
        return pd.DataFrame(columns)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the choices of a frame that `to_frame` made.

        One that an older program made has no parts of the horizon.

        Raises
        ------
        PanelError
            Where a column is missing.
        """

        def stack(names: list[str]) -> Floats:
            return np.asarray(frame[names].to_numpy(np.float64))

        by_part = frame.reindex(columns=_PARTS).to_numpy(np.float64)
        judged = [f"{whose}_{measure}" for whose in JUDGED for measure in MEASURES]
        try:
            law = {name: frame[name].to_numpy(np.float64) for name in _LAW[1:]}
            ratios = stack(_RATIOS)
            seen = {name: frame[column].to_numpy() for name, column in _SEEN.items()}
            return cls(
                **{name: Labels.of(frame[name]) for name in _Ids._fields},
                chosen_on=frame["chosen_on"].to_numpy("datetime64[us]"),
                members=tuple(Labels.of(frame[name]) for name in MEMBER_COLUMNS),
                weights=stack(_WEIGHTS),
                score=frame["score"].to_numpy(np.float64),
                autocorrelation=frame["autocorrelation"].to_numpy(np.float64),
                origins=frame["origins"].to_numpy(np.int64),
                spread=Spread(frame["law"].to_numpy(np.int64), ratios=ratios, **law),
                accuracy=stack(judged).reshape(len(frame), len(JUDGED), len(MEASURES)),
                parts=by_part.reshape(len(frame), BANDS, len(PART_MEASURES)),
                seen=Seen(**seen),
            )
        except KeyError as error:
            raise PanelError(f"choices must have a column {error}; they lack it") from error
