"""Several seasons: ours against MSTL and MFLES of statsforecast, by rolling origins.

python -m benchmarks.seasonal

Store-Item daily (a week and a year, 28 days ahead, three origins 13 weeks apart) and M4 hourly (a
day and a week, 48 hours ahead, three origins two days apart, the last one the competition's own).
MASE by the day's season of the history, the week's for daily data; one thread each.
"""

import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from statsforecast import models

from benchmarks.machine import describe_machine
from benchmarks.series import end_to_end, read_series
from forecasting.models import Seasons, find_model
from forecasting.panel import Batch
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "seasonal.md"
ORIGINS = 3
OURS = {
    "store_item_daily": (
        "SeasonalNaive",
        "SeasonalExponentialSmoothing",
        "SeasonalTrendTheta",
        "YearlyTheta",
        "YearlySeasonalSmoothing",
        "YearlySeasonalTrend",
    ),
    "m4_hourly": (
        "SeasonalNaive",
        "SeasonalExponentialSmoothing",
        "DynamicOptimizedTheta",
        "SeasonalTrendTheta",
    ),
}
# File, every so manieth series, horizon, periods between origins, seasons, season of the scale.
SETS = (
    ("store_item_daily", 10, 28, 91, [7, 365], Seasons(7, 365.25)),
    ("m4_hourly", 3, 48, 48, [24, 168], Seasons(24, 8766.0)),
)


def main() -> None:
    """Measure both sets, and write the record."""
    lines = [
        "# Several seasons",
        "",
        f"`python -m benchmarks.seasonal`: {describe_machine('statsforecast', 'numba')}.",
        "",
        "Better than MSTL: mean difference of MASE over the forecasts, and its standard error.",
        "",
        "| data | forecasts | model | MASE | median | less than MSTL's by | ± | ms a forecast |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, every, horizon, step, lengths, seasons in SETS:
        cases = _cases(name, every, horizon, step)
        peers = {"MSTL": models.MSTL(season_length=lengths)}
        if find_spec("sklearn") is not None:
            peers["MFLES"] = models.MFLES(season_length=lengths)
        scores: dict[str, Floats] = {}
        for label, peer in peers.items():
            scores[label], seconds = _score_peer(peer, cases, horizon, seasons.length)
            lines.append(_row(name, f"statsforecast {label}", scores, label, seconds))
        for label in OURS[name]:
            scores[label], seconds = _score_ours(label, cases, horizon, seasons)
            lines.append(_row(name, label, scores, label, seconds))
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cases(name: str, every: int, horizon: int, step: int) -> list[tuple[Floats, Floats]]:
    series = read_series(name)[::every]
    stops = [(y, len(y) - horizon - origin * step) for y in series for origin in range(ORIGINS)]
    return [(y[:stop], y[stop : stop + horizon]) for y, stop in stops]


def _scaled(cases: list[tuple[Floats, Floats]], means: Floats, season: int) -> Floats:
    return np.array(
        [
            np.abs(held - mean).mean() / np.abs(y[season:] - y[:-season]).mean()
            for (y, held), mean in zip(cases, means, strict=True)
        ]
    )


def _score_peer(
    peer: models.MSTL, cases: list[tuple[Floats, Floats]], horizon: int, season: int
) -> tuple[Floats, float]:
    started = time.perf_counter()
    means = np.array([peer.new().forecast(y=y, h=horizon)["mean"] for y, _ in cases])
    return _scaled(cases, means, season), (time.perf_counter() - started) / len(cases)


def _score_ours(
    label: str, cases: list[tuple[Floats, Floats]], horizon: int, seasons: Seasons
) -> tuple[Floats, float]:
    batch, model = Batch(*end_to_end([y for y, _ in cases])), find_model(label)
    model.forecast(batch, seasons, horizon)
    started = time.perf_counter()
    means = model.forecast(batch, seasons, horizon).means
    seconds = (time.perf_counter() - started) / len(cases)
    return _scaled(cases, means, seasons.length), seconds


def _row(name: str, shown: str, scores: dict[str, Floats], label: str, seconds: float) -> str:
    own = scores[label]
    gain = scores["MSTL"] - own
    error = gain.std() / np.sqrt(len(gain))
    line = (
        f"| {name} | {len(own)} | {shown} | {own.mean():.4f} | {np.median(own):.4f} "
        f"| {gain.mean():.4f} | {error:.4f} | {seconds * 1e3:.3f} |"
    )
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
