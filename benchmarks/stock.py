"""Stock walks: nanoseconds a step against vectorised NumPy and SimPy.

python -m benchmarks.stock

One thread, in processor time, in which other work on the machine does not count. Every contender
walks (s, S) with lost sales, random lead times and demand in whole units; NumPy and SimPy walk
fewer items, and their fill rates are compared as well as times. SimPy is measured where it is
installed.
"""

import importlib.util
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.machine import describe_machine
from inventory import (
    BaseStock,
    Costs,
    Draws,
    Opening,
    ReorderUpTo,
    StockPlan,
    Supply,
    estimate,
    estimate_law,
    simulate,
)
from inventory.policy import decide_order
from inventory.position import Position
from kernels.count_law import count_quantiles
from kernels.stock_lead_times import discrete_lead_time

RECORD = Path(__file__).parent / "records" / "stock.md"
ITEMS, PATHS, DAYS = 10_000, 1_000, 90
LEAD_TIMES = np.array([0.0, 0.1, 0.3, 0.3, 0.2, 0.1])
POINT, LEVEL = 24.0, 60.0
RUNS = 3
REFINED = StockPlan(candidates=25)
ROUNDS = (0, 6)


class World(Protocol):
    """What a SimPy environment does here."""

    def timeout(self, delay: float) -> object:
        """Wait."""

    def process(self, generator: Iterator[Any]) -> object:
        """Start something."""


def main() -> None:
    """Measure each contender, and write the record."""
    law = _law()
    ours, served = _time(lambda: _walk(law, ITEMS), RUNS)
    memory = [_peak_memory()]
    _walk(law, 1, PATHS * 1_000)
    memory.append(_peak_memory())
    ours /= ITEMS * PATHS * DAYS
    rows = [_row("Almanac", ITEMS, ours, ours, served)]
    n_arrays = 20
    for name, work in (("NumPy, units", _walk_arrays), ("NumPy, costs", _walk_costs)):
        arrays, array_served = _time(partial(work, law, n_arrays), RUNS)
        rows.append(_row(name, n_arrays, arrays / (n_arrays * PATHS * DAYS), ours, array_served))
    packages = ["numba", "numpy"]
    if importlib.util.find_spec("simpy") is not None:
        n_paths = 200
        events, event_served = _time(lambda: _walk_events(law, n_paths), 1)
        rows.append(_row("SimPy", 1, events / (n_paths * DAYS), ours, event_served))
        packages.append("simpy")
    # What is compiled, or read from the cache of what was, is not counted.
    _choose(law, 10)
    many, _ = _time(lambda: _choose(law, 3_000), 1)
    _decide(law, 10, rounds=ROUNDS[-1])
    decided = [_time(partial(_decide, law, 1_000, rounds=n), RUNS) for n in ROUNDS]
    lines = [
        "# Stock walks",
        "",
        f"`python -m benchmarks.stock`: {describe_machine(*packages)}.",
        "",
        f"(s, S), lost sales, random lead times; {PATHS:,} paths of {DAYS} days an item; one",
        f"thread, processor time, median of {RUNS} runs after a warm-up (SimPy: one run, 200",
        f"paths); load average {os.getloadavg()[0]:.1f} at the end. Ours counts costs, both",
        "services and their errors, and NumPy with costs counts as much: orders, stock, shortages",
        "and periods of each path. The others count units alone. Peak memory of the process was",
        f"{memory[0]:.0f} MiB at {PATHS:,} paths and {memory[1]:.0f} MiB at {PATHS * 1_000:,}.",
        "",
        "| walk | items | ns a step | times ours | fill rate |",
        "| --- | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        "Choosing the best of 50 levels on 200 given paths of 26 weeks, with costs, errors and",
        f"random lead times: {many / 3_000 * 1e3:.2f} ms an item on one thread (3,000 items), so",
        f"{many / 3_000 * 30_000:.0f} s for 30,000.",
        "",
        "Deciding an order on as many paths, of 25 levels with each of two lots of (s, S), with",
        "what is told of it on as many others, which the mean cost is of; median of 3 runs over",
        "1,000 items, one thread. Rounds search around the best of them.",
        "",
        "| rounds | ms an item | s for 30,000 items | mean cost |",
        "| ---: | ---: | ---: | ---: |",
        *(
            f"| {n} | {seconds:.2f} | {seconds * 30:.0f} | {cost:.3f} |"
            for n, (seconds, cost) in zip(ROUNDS, decided, strict=True)
        ),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.write_text(text, encoding="utf-8")


def _law() -> np.ndarray:
    quantiles = np.empty(4_000)
    count_quantiles(6.0, 2.0, (np.arange(4_000) + 0.5) / 4_000, quantiles)
    counts = np.bincount(quantiles.astype(int))
    return np.asarray(counts / counts.sum())


def _walk(law: np.ndarray, n_items: int, n_paths: int = PATHS) -> float:
    supply, costs = Supply(discrete_lead_time(LEAD_TIMES)), Costs(0.1, 4.0, 1.0)
    policies = [ReorderUpTo(POINT, LEVEL)]
    served = 0.0
    for item in range(n_items):
        draws = Draws(seed=1, entity=item)
        found = estimate_law(supply, policies, law, n_paths, DAYS, Opening(LEVEL), draws, costs)
        served += float(found.fill_rate[0])
    return served / n_items


def _days(law: np.ndarray, draws: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    """Walk the paths of an item; yield what each orders, wants, is served and is left of a day."""
    demand_cumulative, lead_cumulative = np.cumsum(law), np.cumsum(LEAD_TIMES)
    paths, on_hand, on_order = np.arange(PATHS), np.full(PATHS, LEVEL), np.zeros(PATHS)
    pipeline = np.zeros((DAYS + len(LEAD_TIMES), PATHS))
    for day in range(DAYS):
        on_hand += pipeline[day]
        on_order -= pipeline[day]
        position = on_hand + on_order
        size = np.where(position <= POINT, LEVEL - position, 0.0)
        lead = np.searchsorted(lead_cumulative, draws.random(PATHS))
        pipeline[day + lead, paths] += size
        on_order += size
        wanted = np.searchsorted(demand_cumulative, draws.random(PATHS))
        served = np.minimum(on_hand, wanted)
        on_hand -= served
        yield size, wanted, served, on_hand


def _walk_arrays(law: np.ndarray, n_items: int) -> float:
    draws = np.random.default_rng(1)
    sold = demanded = 0.0
    for _ in range(n_items):
        for _, wanted, served, _ in _days(law, draws):
            sold += served.sum()
            demanded += wanted.sum()
    return sold / demanded


def _walk_costs(law: np.ndarray, n_items: int) -> float:
    """Walk as `_walk_arrays` does, and estimate what `estimate_law` does, with its errors."""
    draws = np.random.default_rng(1)
    fill_rates = 0.0
    for _ in range(n_items):
        held, orders = np.zeros(PATHS), np.zeros(PATHS)
        sold, demanded, covered = np.zeros(PATHS), np.zeros(PATHS), np.zeros(PATHS)
        for size, wanted, served, left in _days(law, draws):
            orders += size > 0.0
            sold += served
            demanded += wanted
            held += left
            covered += served >= wanted
        cost = 0.1 * held + 4.0 * (demanded - sold) + orders
        fill_rate = sold.mean() / demanded.mean()
        missed = (sold - fill_rate * demanded) / demanded.mean()
        errors = [own.std(ddof=1) / np.sqrt(PATHS) for own in (cost, missed, covered / DAYS)]
        if not np.isfinite(errors).all():
            raise FloatingPointError(f"errors of item must be finite; got {errors}")
        fill_rates += float(fill_rate)
    return fill_rates / n_items


def _walk_events(law: np.ndarray, n_paths: int) -> float:
    import simpy  # type: ignore[import-not-found] # noqa: PLC0415 - a peer to measure, not a dependency

    draws = np.random.default_rng(1)
    sold = demanded = 0.0
    for _ in range(n_paths):
        wants = draws.choice(len(law), DAYS, p=law)
        leads = draws.choice(len(LEAD_TIMES), DAYS, p=LEAD_TIMES)
        stock = {"on_hand": LEVEL, "on_order": 0.0, "sold": 0.0}
        world = simpy.Environment()
        world.process(_sell(world, stock, wants, leads))
        world.run(until=DAYS)
        sold += stock["sold"]
        demanded += wants.sum()
    return float(sold / demanded)


def _sell(
    world: World, stock: dict[str, float], wants: np.ndarray, leads: np.ndarray
) -> Iterator[Any]:
    for want, lead in zip(wants, leads, strict=True):
        # Orders placed earlier for this moment are received before: their events are older.
        yield world.timeout(0)
        position = stock["on_hand"] + stock["on_order"]
        if position <= POINT:
            stock["on_order"] += LEVEL - position
            world.process(_deliver(world, stock, LEVEL - position, int(lead)))
        served = min(stock["on_hand"], float(want))
        stock["on_hand"] -= served
        stock["sold"] += served
        yield world.timeout(1)


def _deliver(world: World, stock: dict[str, float], size: float, lead: int) -> Iterator[Any]:
    yield world.timeout(lead)
    stock["on_order"] -= size
    stock["on_hand"] += size


def _choose(law: np.ndarray, n_items: int) -> float:
    supply = Supply(discrete_lead_time(np.array([0.0, 0.3, 0.5, 0.2])))
    levels = [BaseStock(float(level)) for level in range(10, 60)]
    costs = Costs(0.1, 4.0, 1.0)
    demand = np.random.default_rng(3).choice(len(law), (200, 26), p=law).astype(float)
    best = 0.0
    for item in range(n_items):
        totals = simulate(supply, levels, demand, Opening(20.0), Draws(seed=1, entity=item))
        best += float(np.argmin(estimate(totals, costs).cost))
    return best / n_items


def _decide(law: np.ndarray, n_items: int, rounds: int) -> float:
    """Decide the orders of items whose orders cost money; return the mean cost expected."""
    plan = replace(REFINED, refinements=rounds)
    position = Position(
        "north/item",
        20.0,
        np.zeros(26),
        0.0,
        lead_time_mean=2.0,
        lead_time_deviation=0.7,
        review_period=1,
        case_pack=1.0,
        minimum_order=0.0,
        unit_cost=3.0,
        service_target=0.95,
        costs=Costs(0.1, 4.0, 3.0),
    )
    draws = np.random.default_rng(3)
    demands = [draws.choice(len(law), (200, 26), p=law).astype(float) for _ in range(50)]
    spent = 0.0
    for item in range(n_items):
        demand, others = demands[item % 50], demands[(item + 1) % 50]
        found = decide_order(position, demand, others, np.uint64(item), 1, plan)
        spent += float(found.estimates.cost[found.chosen])
    return spent / n_items


def _time(work: Callable[[], float], runs: int) -> tuple[float, float]:
    """Return median seconds and what the work returns, after a warm-up of one run if several."""
    times, found = [], 0.0
    for _ in range(runs + (runs > 1)):
        started = time.process_time()
        found = work()
        times.append(time.process_time() - started)
    return statistics.median(times[runs > 1 :]), found


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _row(name: str, n_items: int, seconds: float, ours: float, served: float) -> str:
    return f"| {name} | {n_items:,} | {seconds * 1e9:.2f} | {seconds / ours:,.0f} | {served:.3%} |"


if __name__ == "__main__":
    main()
