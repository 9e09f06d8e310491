"""GARCH fits: sixteen series side by side against SciPy's SLSQP, one thread each.

python -m benchmarks.garch [likelihoods]

`likelihoods` compares log-likelihoods with arch's of every series, of long and of short windows, by
no clock, and writes a record of its own. Otherwise: five times, ours over all S&P 500 tickers of
whole history and then the peers over a fifth of a sample of them, in this process, after a warm-up:
medians of the times, and of their ratios. The peer is a vectorised likelihood (a linear filter in
C) under SLSQP from one start, where ours searches from five; log-likelihoods are compared as well
as times. Where arch is installed, it fits the same sample, in per cent as it asks; likelihoods are
then ours at its parameters. Times are of the thread's processor. Run with OMP_NUM_THREADS=1. Then
two threads of ours, each with half of the series, against two processes of the peer's (its loops
are Python's, and threads would wait for each other), each with half of the sample, by the clock.
"""

import math
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize, signal

from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from kernels.arrays import Floats
from kernels.garch_likelihood import scores_at
from risk.volatility import VolatilityFit, VolatilityModel, fit_volatility
from risk.volatility.model import Innovations, Recursion

RECORD = Path(__file__).parent / "records" / "garch.md"
LIKELIHOODS = RECORD.with_name("garch_likelihoods.md")
ARCH = find_spec("arch") is not None
RUNS = 5
SAMPLE = 40
# Last days of which log-likelihoods are compared, beside all.
SHORT = (500, 250)
LAWS: tuple[tuple[Recursion, Innovations], ...] = (
    ("garch", "gaussian"),
    ("gjr", "gaussian"),
    ("garch", "student_t"),
    ("gjr", "student_t"),
)


def main(arguments: list[str]) -> None:
    """Measure every law, or its likelihoods alone, and write the record."""
    if arguments == ["likelihoods"]:
        _compare_likelihoods()
        return
    peers = ["scipy", "numba", "arch"] if ARCH else ["scipy", "numba"]
    lines = [
        "# GARCH fits",
        "",
        f"`python -m benchmarks.garch`: {describe_machine(*peers)}.",
        "",
        (
            "| law | innovations | series | days | ours, ms a series | SLSQP | ratio "
            "| worst log-likelihood, ours less the peer's | worse by more than 1e-4 "
            "| arch, ms | ratio | worst, ours less arch's | worse by more than 1e-4 |"
        ),
        "| --- | --- " + "| ---: " * 11 + "|",
    ]
    moves = _moves()
    for recursion, innovations in LAWS:
        lines.append(_row(moves, VolatilityModel(recursion, innovations)))
        print(lines[-1], flush=True)
    peer = "arch" if ARCH else "SLSQP"
    lines += [
        "",
        f"| two at a time, by the clock | innovations | ours, ms a series | {peer}, ms | ratio |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for recursion, innovations in LAWS:
        lines.append(_row_of_two(moves, VolatilityModel(recursion, innovations)))
        print(lines[-1], flush=True)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _compare_likelihoods() -> None:
    """Compare the log-likelihoods of all series with those at arch's parameters."""
    moves = _moves()
    lines = [
        "# Log-likelihoods of GARCH fits",
        "",
        (
            "`python -m benchmarks.garch likelihoods`: "
            f"{describe_machine('scipy', 'numba', 'arch')}."
        ),
        "",
        f"Ours less that at arch's parameters, {moves.shape[1]} series, over their last days.",
        "",
        "| days | law | innovations | least | median | most | worse by more than 1e-4 | better |",
        "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for days in (len(moves), *SHORT):
        for recursion, innovations in LAWS:
            told = _gains(moves[-days:], VolatilityModel(recursion, innovations))
            lines.append(f"| {days:,} | {recursion} | {innovations} {told}")
            print(lines[-1], flush=True)
    LIKELIHOODS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _gains(moves: Floats, model: VolatilityModel) -> str:
    fit = fit_volatility(np.ascontiguousarray(moves), model)
    gain = fit.log_likelihood - np.array([_arch(series, model) for series in moves.T])
    worse, better = (gain < -1e-4).sum(), (gain > 1e-4).sum()
    return (
        f"| {gain.min():.1e} | {np.median(gain):.1e} | {gain.max():.1e} "
        f"| {worse} of {len(gain)} | {better} |"
    )


def _moves() -> Floats:
    frame = pd.read_parquet(DATA / "prices_sp500_2013_2018.parquet")
    closes = frame.pivot(index="ds", columns="ticker", values="close").dropna(axis=1)
    return np.diff(np.log(closes.to_numpy(float)), axis=0)


def _row(moves: Floats, model: VolatilityModel) -> str:
    peers = [_peer, _arch] if ARCH else [_peer]
    chosen = np.linspace(0, moves.shape[1] - 1, SAMPLE).astype(int)
    fit = fit_volatility(moves, model)
    own: list[float] = []
    theirs: list[list[float]] = [[] for _ in peers]
    found: list[list[float]] = [[] for _ in peers]
    for peer in peers:
        peer(moves[:, 0], model)
    for part in np.array_split(chosen, RUNS):
        started = time.thread_time()
        fit_volatility(moves, model)
        own.append((time.thread_time() - started) / moves.shape[1])
        for number, peer in enumerate(peers):
            started = time.thread_time()
            found[number] += [peer(moves[:, series], model) for series in part]
            theirs[number].append((time.thread_time() - started) / len(part))
    cells = [_against(fit, chosen, own, *told) for told in zip(theirs, found, strict=True)]
    return (
        f"| {model.recursion} | {model.innovations} | {moves.shape[1]} | {len(moves):,} "
        f"| {statistics.median(own) * 1e3:.3f} {''.join(cells)}" + ("|" if ARCH else "| | | | |")
    )


def _row_of_two(moves: Floats, model: VolatilityModel) -> str:
    n = moves.shape[1]
    halves = [np.ascontiguousarray(half) for half in (moves[:, : n // 2], moves[:, n // 2 :])]
    times = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(RUNS + 1):
            started = time.perf_counter()
            list(pool.map(lambda half: fit_volatility(half, model), halves))
            times.append(time.perf_counter() - started)
    own = statistics.median(times[1:]) / n
    chosen = np.linspace(0, n - 1, SAMPLE).astype(int)
    fit = partial(_arch if ARCH else _peer, model=model)
    series = [moves[:, number] for number in chosen]
    with ProcessPoolExecutor(2) as processes:
        list(processes.map(fit, series[:4]))
        started = time.perf_counter()
        list(processes.map(fit, series))
        theirs = (time.perf_counter() - started) / SAMPLE
    return (
        f"| {model.recursion} | {model.innovations} | {own * 1e3:.3f} | {theirs * 1e3:.1f} "
        f"| {theirs / own:,.0f} |"
    )


def _against(
    fit: VolatilityFit,
    chosen: np.ndarray,
    own: list[float],
    theirs: list[float],
    found: list[float],
) -> str:
    """Return a peer's time, the ratio, and how log-likelihoods compare, as cells."""
    ratio = statistics.median(np.array(theirs) / np.array(own))
    gain = _likelihoods(fit, chosen) - np.array(found)
    return (
        f"| {statistics.median(theirs) * 1e3:.1f} | {ratio:,.0f} "
        f"| {gain.min():.1e} | {(gain < -1e-4).sum()} of {SAMPLE} "
    )


def _arch(values: Floats, model: VolatilityModel) -> float:
    """Return our log-likelihood at the parameters that arch finds: its presample is another."""
    percent = 100.0
    asymmetric, student = model.recursion == "gjr", model.innovations == "student_t"
    fitted = import_module("arch").arch_model(
        percent * values, o=int(asymmetric), dist="t" if student else "normal", rescale=False
    )
    found = fitted.fit(disp="off", show_warning=False).params
    rise = float(found["alpha[1]"])
    fall = rise + (float(found["gamma[1]"]) if asymmetric else 0.0)
    degrees = float(found["nu"]) if student else math.inf
    point = [found["mu"], found["omega"], rise, fall, found["beta[1]"], degrees]
    score, information = np.empty((1, 6)), np.empty((1, 6, 6))
    reached = scores_at(percent * values, np.array([point]), student, score, information)
    return float(reached[0]) + len(values) * math.log(percent)


def _likelihoods(fit: VolatilityFit, chosen: np.ndarray) -> Floats:
    return np.asarray(fit.log_likelihood[chosen])


def _peer(values: Floats, model: VolatilityModel) -> float:
    """Return the log-likelihood that SLSQP reaches from one start."""
    unit = float(values.std())
    scaled = values / unit
    asymmetric, student = model.recursion == "gjr", model.innovations == "student_t"
    weights = [0.05] * (1 + asymmetric)
    start = [float(scaled.mean()), 0.05, *weights, 0.9] + [0.125] * student
    bounds = [(None, None), (1e-8, None), *[(0.0, 1.0)] * len(weights), (0.0, 1.0)]
    bounds += [(1.0 / 500.0, 1.0 / 2.05)] * student
    persisted = 2 + len(weights)

    def cost(point: Floats) -> float:
        rise, fall = point[2], point[persisted - 1]
        surprises = scaled - point[0]
        squares = surprises**2
        presample = squares.mean()
        drive = np.empty(len(scaled))
        drive[0] = point[1] + 0.5 * (rise + fall) * presample
        drive[1:] = point[1] + (np.where(surprises < 0.0, fall, rise) * squares)[:-1]
        beta = point[persisted]
        path, _ = signal.lfilter([1.0], [1.0, -beta], drive, zi=[beta * presample])
        if not (path > 0.0).all():
            return 1e10
        if not student:
            return float(0.5 * (np.log(2.0 * math.pi * path) + squares / path).sum())
        degrees = 1.0 / point[-1]
        constant = math.lgamma(0.5 * (degrees + 1.0)) - math.lgamma(0.5 * degrees)
        constant -= 0.5 * math.log(math.pi * (degrees - 2.0))
        tails = np.log1p(squares / path / (degrees - 2.0))
        return float((0.5 * np.log(path) + 0.5 * (degrees + 1.0) * tails - constant).sum())

    found = optimize.minimize(
        cost,
        start,
        method="SLSQP",
        bounds=bounds,
        constraints={
            "type": "ineq",
            "fun": lambda point: 1.0 - 1e-6 - np.mean(point[2:persisted]) - point[persisted],
        },
        options={"maxiter": 500},
    )
    return -float(found.fun) - len(values) * math.log(unit)


if __name__ == "__main__":
    main(sys.argv[1:])
