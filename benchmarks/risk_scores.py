"""How well value at risk and expected shortfall were told, by scores: ours and peers'.

python -m benchmarks.risk_scores

Today's portfolios on past days, each day's figures from the window before it: 200 portfolios of
`jobs/sp500.toml` over four years, and generated ones of 20 shares over three decades and of the
Dow over two. Ours are the methods of a night; filtered historical scenarios also without the
volatility that factors have in common, and with GARCH for GJR besides. Peers know a portfolio by
its own losses: RiskMetrics (1996), Hull and White's rescaled history, and, where arch is installed,
its GARCH with Student t surprises, fitted anew every 21 days. All are compared by
`risk.backtests.compare_methods`.
"""

import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from benchmarks.sp500_job import checked_run
from flows.sample.books import generate_books
from flows.steps.backtest import backtest_plan
from flows.steps.shared_market import read_market
from kernels.arrays import Floats
from risk import Book, Market, Method, RiskPlan, books_of, build_market, rolling_figures
from risk.backtests import Figures, compare_methods
from risk.measures.elliptical import standard_tail
from risk.measures.many_tails import measure_many_tails

RECORD = Path(__file__).parent / "records" / "risk_scores.md"
ARCH = find_spec("arch") is not None
LEVELS = (0.975, 0.99)
PORTFOLIOS, WINDOW = 30, 500
DECAY, REFIT = 0.94, 21
# Shares with decades of prices, and with decades of returns.
LONG = {
    "prices": ("prices_skfolio_sp500_20", "20 shares, 1992-2022"),
    "returns": ("returns_dji30_1987_2009", "Dow 30, 1989-2009"),
}
PLAN = RiskPlan(levels=LEVELS, scenarios=2_000, seed=11)
Said = Mapping[str, Figures]


@dataclass(frozen=True)
class Case:
    """Portfolios, and the days that they are judged on."""

    name: str
    market: Market
    books: list[Book]
    plan: RiskPlan
    window: int


def main() -> None:
    """Score every method on every set, and write the record."""
    packages = ["numba", "numpy", *(["arch"] if ARCH else [])]
    lines = [
        "# Scores of risk figures",
        "",
        f"`python -m benchmarks.risk_scores`: {describe_machine(*packages)}.",
        "",
        (
            "Losses beyond value at risk, of all; its pinball loss, mean over portfolios of the "
            "ratio to that of filtered historical scenarios; joint score of value at risk and "
            "expected shortfall less that of the best method, of the portfolio in the middle, with "
            "its standard error; and whether the method may be the best at 90% (Hansen, Lunde & "
            "Nason 2011)."
        ),
        "",
        "| set | level | method | beyond | pinball loss | joint score | ± | standing |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as folder:
        for case in (_job(Path(folder)), *map(long_case, LONG)):
            lines += score_rows(case, *_figures(case))
            print("\n".join(lines), flush=True)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _job(folder: Path) -> Case:
    run = checked_run(folder)
    market = read_market(run, backtest_plan(run))
    books, _ = books_of(market, pd.read_parquet(run.staging.clean("positions")))
    return Case("S&P 500, 2014-18", market, list(books), backtest_plan(run), 250)


def long_case(kind: str) -> Case:
    """Return generated portfolios of shares with decades of prices, one of `LONG`."""
    file, name = LONG[kind]
    table = pd.read_parquet(DATA / f"{file}.parquet").rename(columns={"ticker": "instrument_id"})
    table["instrument_id"] = table["instrument_id"].astype(str)
    if kind == "returns":
        steps = table.groupby("instrument_id")["ret"].cumsum().astype(float)
        table["close"] = 100.0 * np.exp(steps)
    table = table.astype({"close": float})[["instrument_id", "ds", "close"]]
    names = np.sort(table["instrument_id"].unique())
    instruments = pd.DataFrame(
        {"instrument_id": names, "kind": "equity", "currency": "USD", "multiplier": 1.0}
    )
    as_of = table["ds"].max()
    last = table[table["ds"] == as_of].set_index("instrument_id")["close"].reindex(names)
    plan = replace(PLAN, history=table["ds"].nunique() - 1)
    market = build_market(table, instruments, None, as_of.date(), plan)
    held = generate_books(names, last.to_numpy(float), pd.DataFrame(), PORTFOLIOS, 7)
    books, _ = books_of(market, held)
    return Case(name, market, list(books), plan, WINDOW)


def score_rows(case: Case, losses: Floats, said: Said, horizon: int = 1) -> list[str]:
    """Return the record's rows of losses of judged days, and what methods said of them."""
    rows = []
    for number, level in enumerate(LEVELS):
        own = {
            name: Figures(each.value_at_risk[number], each.expected_shortfall[number])
            for name, each in said.items()
        }
        names = [book.portfolio_id for book in case.books]
        ranking = compare_methods(losses, own, level, portfolio_ids=names, horizon=horizon).overall
        ours = ranking.set_index("method")["quantile_score"]["filtered historical"]
        for row in ranking.sort_values("joint_score").to_dict("records"):
            beyond = (losses > own[str(row["method"])].value_at_risk).mean()
            rows.append(
                f"| {case.name} | {level:.1%} | {row['method']} | {beyond:.2%} "
                f"| {row['quantile_score'] / ours:.3f} | +{row['difference']:.3f} "
                f"| {row['difference_standard_error']:.3f} | {row['standing']} |"
            )
    return rows


def _figures(case: Case) -> tuple[Floats, Said]:
    """Return losses of judged days, and each method's figures, (n_levels, n_days, n_books)."""
    days = range(len(case.market.factors.moves) - case.window)
    ways: dict[str, tuple[Method, RiskPlan]] = {
        "filtered historical": ("filtered_historical", case.plan),
        "... by own volatility": (
            "filtered_historical",
            replace(case.plan, common_volatility=False),
        ),
        "... by own volatility, GARCH": (
            "filtered_historical",
            replace(case.plan, common_volatility=False, volatility_model="garch"),
        ),
        "historical": ("historical", case.plan),
        "Student t": ("student_t", case.plan),
        "Gaussian": ("gaussian", case.plan),
    }
    found = {
        name: rolling_figures(case.market, case.books, method, plan, case.window, days)
        for name, (method, plan) in ways.items()
    }
    losses = next(iter(found.values())).losses
    said = {name: Figures(o.value_at_risk, o.expected_shortfall) for name, o in found.items()}
    # Of any window: figures are not looked at. The first return has none before it.
    later = range(len(case.market.factors.moves) - 1)
    past = rolling_figures(case.market, case.books, "historical", case.plan, 1, later).losses
    history = np.concatenate([past[:1], past])
    peers: dict[str, Callable[[Floats, int], Figures]] = {
        "RiskMetrics": risk_metrics,
        "Hull and White": rescaled_history,
        **({"arch, GARCH with t": arch_garch} if ARCH else {}),
    }
    return losses, said | {name: peer(history, case.window) for name, peer in peers.items()}


def _squares(losses: Floats) -> Floats:
    """Return exponentially weighted variances, each of its eve, and one more for the next day."""
    variance = np.empty((len(losses) + 1, losses.shape[1]))
    variance[0] = (losses[:60] ** 2).mean(axis=0)
    for day, loss in enumerate(losses):
        variance[day + 1] = DECAY * variance[day] + (1.0 - DECAY) * loss**2
    return variance


def risk_metrics(losses: Floats, window: int) -> Figures:
    """Return J. P. Morgan's figures: normal losses of exponentially weighted variance."""
    deviation = np.sqrt(_squares(losses)[window:-1])
    return Figures(*(figure[:, None, None] * deviation for figure in _standard_tails()))


def rescaled_history(losses: Floats, window: int) -> Figures:
    """Return Hull and White's figures: the window's losses at tonight's weighted variance."""
    deviation = np.sqrt(_squares(losses))
    scaled = losses / deviation[:-1]
    tails = [
        np.array(measure_many_tails(scaled[day - window : day], LEVELS)[:2])
        for day in range(window, len(losses))
    ]
    return Figures(*(np.stack(tails, axis=2) * deviation[window:-1]))


def arch_garch(losses: Floats, window: int) -> Figures:
    """Return the figures of arch's GARCH(1,1) with Student t surprises, book by book."""
    model = import_module("arch").arch_model
    out = np.empty((2, len(LEVELS), len(losses) - window, losses.shape[1]))
    for book in range(losses.shape[1]):
        scale = 1.0 / losses[:window, book].std()
        own = scale * losses[:, book]
        for day in range(window, len(losses)):
            if (day - window) % REFIT == 0:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fit = model(own[day - window : day], dist="t").fit(disp="off")
                mean, omega, alpha, beta, degrees = fit.params.to_numpy()
                variance = fit.conditional_volatility[-1] ** 2
            variance = omega + alpha * (own[day - 1] - mean) ** 2 + beta * variance
            deviation = np.sqrt(variance * (degrees - 2.0) / degrees) / scale
            tails = np.array(_standard_tails(degrees))
            out[:, :, day - window, book] = mean / scale + deviation * tails
    return Figures(*out)


def _standard_tails(degrees: float = np.inf) -> tuple[Floats, Floats]:
    """Return quantiles and means beyond them, by level, of the normal law or of the plain t."""
    tails = [standard_tail(level, degrees) for level in LEVELS]
    return np.array([own.quantile for own in tails]), np.array([own.mean_beyond for own in tails])


if __name__ == "__main__":
    main()
