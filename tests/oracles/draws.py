"""Draws written plainly, with Python's whole numbers and SciPy's laws."""

import math

from scipy import stats

WORD = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second & WORD, (first >> 32) ^ c[3] ^ k[1], first & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return c


def uniform_pair(at, attempt=0):
    """Two uniforms of 53 bits; ``at`` is (seed, stream, entity, path, step)."""
    seed, stream, entity, path, step = at
    words = philox((step, path, entity & WORD, entity >> 32), (seed, stream + 65536 * attempt))
    return tuple(
        (((high << 21) ^ (low >> 11)) + 0.5) / 2**53
        for high, low in ((words[0], words[1]), (words[2], words[3]))
    )


def gamma(shape, at):
    """Marsaglia and Tsang (2000): a normal cubed, accepted by the ratio of the densities."""
    if shape < 1.0:
        return gamma(shape + 1.0, at) * uniform_pair(at, 64)[0] ** (1.0 / shape)
    d = shape - 1.0 / 3.0
    for attempt in range(64):
        place, chance = uniform_pair(at, attempt)
        x = float(stats.norm.ppf(place))
        v = (1.0 + x / math.sqrt(9.0 * d)) ** 3
        if v > 0.0 and math.log(chance) < 0.5 * x**2 + d - d * v + d * math.log(v):
            return d * v
    raise AssertionError(at)
