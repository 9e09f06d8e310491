"""How many threads a kernel is launched with."""

# A multiple of the 32 threads of a warp; small enough that registers seldom limit a launch.
THREADS = 128
# A grid's threads are counted in 32 bits, with a sign.
MOST_THREADS = 2**31 - THREADS


def blocks_for(n: int, threads: int = THREADS) -> int:
    """Return how many blocks of ``threads`` cover ``n`` elements, one at least.

    Raises
    ------
    ValueError
        Where there are more elements than a grid can count.
    """
    if not 0 <= n <= MOST_THREADS:
        raise ValueError(f"elements of one launch must be in [0, {MOST_THREADS}]; got {n}")
    return max(-(-n // threads), 1)
