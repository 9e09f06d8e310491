"""Hot loops are compiled to wide vectors; without them they take far longer."""

import math
import platform
import re

import numpy as np
import pytest
from numba import njit

from kernels import (
    counts,
    intermittent,
    seasonal_loess,
    seasonal_trend,
    smoothing,
    stock_demand,
    stock_draws,
    stock_lanes,
    stock_lead_times,
    theta_lanes,
)
from kernels.stock_terms import Rule, Terms

MULTIPLIES_DOUBLES = r"\bv(?:mul|fn?m(?:add|sub)\d+)pd\b[^\n]*%[yz]mm"
WORKS_ON_SINGLES = r"\bv(?:add|sub|mul|min|max|cmp\w*|fn?m(?:add|sub)\d+)ps\b[^\n]*%[yz]mm"
MULTIPLIES_WORDS = r"\bvpmul(?:udq|lq)\b[^\n]*%[yz]mm"
LOOKS_UP = r"\bv(?:pcmp\w*ud|pminud|pmaxud|cvtdq2ps|mulps)\b[^\n]*%[yz]mm"
COMPARES_WORDS = r"\bvp(?:cmp\w*ud|minud|maxud|subd)\b[^\n]*%[yz]mm"
# The same work on one number at a time.
ONE_BY_ONE = {
    MULTIPLIES_DOUBLES: r"\bv(?:mul|fn?m(?:add|sub)\d+)sd\b",
    WORKS_ON_SINGLES: r"\bv(?:add|sub|mul|min|max|cmp\w*|fn?m(?:add|sub)\d+)ss\b",
    MULTIPLIES_WORDS: r"\bi?mulx?[lq]\b",
    LOOKS_UP: r"\bv(?:cvtsi2ss\w*|mulss|ucomiss)\b|\bcmpl\b",
    COMPARES_WORDS: r"\bcmpl\b",
}
FUSED = r"\bvfn?m(?:add|sub)\d+sd\b"

ROW, WORDS = np.zeros(stock_lanes.LANES, np.float32), np.zeros(stock_lanes.LANES, np.uint32)
TERMS, RULE = Terms(1, 3.0, 0.0, math.inf, 1.0, 0, False), Rule(24.0, 60.0, 0.0, math.inf)
WALK = (
    *(ROW, WORDS, len(ROW), 0, 0, 1, 9.0, np.zeros(1), TERMS, RULE, np.zeros(1)),
    *(False, 0, 0),
    *(np.zeros(32, np.float32), np.zeros(stock_lanes.N_COUNTS * len(ROW), np.float32)),
)
RARE, SCRATCH = np.array([0.0, 2.0, 0.0, 0.0, 1.0, 3.0]), np.ones((3, smoothing.LANES))
ARGUMENTS = {
    "smoothing": (
        smoothing.fill_squared_errors,
        (np.ones(9), 0.1, 0.2, np.ones((3, smoothing.LANES))),
        MULTIPLIES_DOUBLES,
    ),
    "Croston's smoothing": (
        intermittent.croston_optimised_rate,
        (RARE, RARE.copy(), RARE.copy(), SCRATCH),
        MULTIPLIES_DOUBLES,
    ),
    "ADIDA": (intermittent.adida_rate, (RARE, RARE.copy(), SCRATCH), MULTIPLIES_DOUBLES),
    "IMAPA": (intermittent.imapa_rate, (RARE, RARE.copy(), SCRATCH), MULTIPLIES_DOUBLES),
    "local regression": (
        seasonal_loess.smooth_by_loess,
        (np.ones(99), 21, 1, True, np.ones(99), np.ones(99)),
        MULTIPLIES_DOUBLES,
    ),
    "seasons by loess": (
        seasonal_trend.separate_season,
        (np.ones(99), 12, 7, np.ones((6, 123)), np.ones(99), np.ones(99)),
        MULTIPLIES_DOUBLES,
    ),
    "counts": (
        counts._advance,
        (np.ones((counts.ROWS, counts.LANES)), 1.0, 0.0, np.inf),
        MULTIPLIES_DOUBLES,
    ),
    "stock draws": (
        stock_draws.fill_words,
        (1, 1, np.uint64(1), 0, 0, np.zeros((stock_draws.DRAWS, 64), np.uint32)),
        MULTIPLIES_WORDS,
    ),
    "stock demand": (
        stock_demand.look_up_row,
        (WORDS, np.zeros(32, np.uint32), 5, 1.0, WORDS.copy(), ROW),
        LOOKS_UP,
    ),
    "stock walked": (stock_lanes.walk_lanes, WALK, WORKS_ON_SINGLES),
    "stock ordered in cases": (stock_lanes.walk_lanes, WALK, MULTIPLIES_DOUBLES),
    "lead times": (
        stock_lead_times.turn_into_periods,
        (stock_lead_times.discrete_lead_time(np.array([0.5, 0.5])), WORDS.copy()),
        COMPARES_WORDS,
    ),
    "static theta": (
        theta_lanes.try_static_alphas,
        (np.ones(9), 1.0, 0.1, True, 0.1, 0.05, np.ones(theta_lanes.ROOM), np.ones(16)),
        MULTIPLIES_DOUBLES,
    ),
    "dynamic theta": (
        theta_lanes.try_dynamic_alphas,
        (
            *(np.ones(9), np.ones(9), np.ones(9), True, 0.1, 0.05),
            *(np.ones(theta_lanes.ROOM), np.ones(16)),
        ),
        MULTIPLIES_DOUBLES,
    ),
}


reads_assembly = pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")


def blocks_of(kernel, arguments):
    """Return the instructions of each basic block of a kernel, with its label first.

    Compiled anew: what comes from the cache has no assembly to read.
    """
    told = kernel.targetoptions
    fresh = njit(**{key: told[key] for key in ("fastmath", "error_model") if told.get(key)})(
        kernel.py_func
    )
    fresh(*arguments)
    (assembly,) = fresh.inspect_asm().values()
    parts = re.split(r"^(\.?\w+):.*$", assembly, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


@reads_assembly
@pytest.mark.parametrize("name", ARGUMENTS)
def test_hot_loops_work_on_whole_vectors(name):
    kernel, arguments, pattern = ARGUMENTS[name]
    blocks = [block for _, block in blocks_of(kernel, arguments)]
    hottest = max(blocks, key=lambda block: len(re.findall(pattern, block)))
    packed, single = (re.findall(found, hottest) for found in (pattern, ONE_BY_ONE[pattern]))
    assert len(packed) >= 2, f"{len(packed)} packed instructions in {name}"
    assert not single, f"{len(single)} instructions on one number in the loop of {name}"
    # Beside them a loop counts, compares and jumps.
    instructions = re.findall(r"^\t(?!\.).+$", hottest, flags=re.MULTILINE)
    wide = [line for line in instructions if re.search("%[yz]mm", line)]
    assert len(wide) >= len(instructions) / 2, f"{len(wide)} of {len(instructions)} in {name}"


@reads_assembly
def test_what_tsb_waits_for_is_fused_and_takes_no_branch():
    """One series is a recurrence: no lanes, but two periods a turn and no branch on demand."""
    blocks = blocks_of(intermittent.tsb_rate, (RARE, 0.2, 0.2))
    label, hottest = max(blocks, key=lambda block: len(re.findall(FUSED, block[1])))
    assert len(re.findall(FUSED, hottest)) >= 4
    assert re.findall(r"\tj\w+\t(\S+)", hottest) == [label]
