"""Compiling, beside a first night, what its later steps need.

A process compiles one kernel at a time, so the first steps of a night on a new machine leave
processors idle. What is compiled here is kept where the night looks for it.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import numpy as np
import pandas as pd

from flows.spec import JobSpec

# Periods of a made-up history: enough for every model.
_FEW = 200


@contextmanager
def compiling_ahead(job: JobSpec) -> Iterator[None]:
    """Compile what the job's slowest kernels are beside the block, where they are not compiled.

    The process ends with the block. The block goes on where it fails, and compiles for itself.

    Parameters
    ----------
    job : the night's
    """
    wanted = _to_compile(job) if (os.cpu_count() or 1) > 1 else []
    process = _begin(wanted) if wanted else None
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.communicate()


def _to_compile(job: JobSpec) -> list[str]:
    """Return what is missing, in the order in which the job comes to it."""
    from kernels import ets_refit, garch_fit, stock_batches  # noqa: PLC0415 - loads the compiler
    from kernels.compile_turns import is_kept  # noqa: PLC0415 - the same

    return [
        name
        for name, asked, kernel in (
            ("forecasts", job.demand is not None, ets_refit._refit_batch),  # noqa: SLF001 - asked of it alone
            ("stock", job.stock is not None, stock_batches.fill_totals),
            ("risk", _fits_volatility(job), garch_fit._fit_all),  # noqa: SLF001 - asked of it alone
        )
        if asked and not is_kept(kernel)
    ]


def _fits_volatility(job: JobSpec) -> bool:
    return job.risk is not None and job.risk.volatility_model != "ewma"


def _begin(wanted: list[str]) -> "subprocess.Popen[bytes] | None":
    command = [sys.executable, "-P", "-m", "flows.cli.ahead", *wanted]
    with suppress(OSError):
        return subprocess.Popen(  # noqa: S603 - our own module, by names of ours
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return None


def _forecasts() -> None:
    from forecasting.models import History, Seasons  # noqa: PLC0415 - by whoever needs it
    from forecasting.models.ets_model import BatchedEts  # noqa: PLC0415
    from forecasting.panel import Batch  # noqa: PLC0415

    demand = np.random.default_rng(0).gamma(4.0, 5.0, _FEW)
    history = History(np.zeros(1, np.int64), Batch(demand, np.array([0, _FEW])))
    # Fitted, fitted again, and fitted for the last origin.
    BatchedEts().roll([history] * 3, Seasons(7, 365.25), 2)


def _stock() -> None:
    from kernels.stock_batches import (  # noqa: PLC0415
        Walk,
        Walks,
        laws_together,
        walk_each_item,
        walk_items,
    )
    from kernels.stock_lead_times import fixed_lead_time  # noqa: PLC0415
    from kernels.stock_terms import Terms  # noqa: PLC0415

    terms, law = Terms(1, 0.0, 0.0, np.inf, 1.0, 0, freshest_first=False), fixed_lead_time(1.0)
    demand, receipts, rules = np.ones((2, 4)), np.zeros(4), np.array([[1.0, 2.0, 0.0, np.inf]])
    stays = np.zeros((1, 4))
    item = (np.uint64(0), demand, law, np.ones(1), receipts, terms, rules, stays, 0, 0)
    walk_each_item(0, 0, [Walk(*item)])
    none, ends = np.zeros(1, np.int64), np.array([0, 1])
    laws = laws_together([law], none)
    units = np.ones(1), receipts[None], np.array([terms], np.float64), rules, ends, none
    walk_items(0, 0, Walks(np.zeros(1, np.uint64), demand[None], laws, *units, stays[None]))


def _risk() -> None:
    from risk import VolatilityModel, volatility_outlook  # noqa: PLC0415

    moves = np.random.default_rng(0).standard_t(6.0, _FEW) / 100.0
    days = pd.bdate_range("2020-01-01", periods=_FEW)
    prices = pd.DataFrame({"instrument_id": "any", "ds": days, "close": np.exp(np.cumsum(moves))})
    volatility_outlook(prices, VolatilityModel("garch", "student_t"))


AHEAD: dict[str, Callable[[], None]] = {"forecasts": _forecasts, "stock": _stock, "risk": _risk}


def _end_with_the_night() -> None:
    """Wait for the end of what the night writes, nothing; it comes however the night ends."""
    # Below Python's own streams, which no thread may hold as the process ends.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    Thread(target=_end_with_the_night, daemon=True).start()
    # At the night's own priority: it may come to wait for one of these.
    for asked in sys.argv[1:]:
        AHEAD[asked]()
