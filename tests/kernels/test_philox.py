"""Philox: known answers, and independence of chunking."""

import numpy as np
import pytest

from kernels.philox import Stream, philox4x32, uniforms


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        # Random123 `kat_vectors`, philox4x32 10.
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers(counter, key, expected):
    words = philox4x32(*(np.uint64(w) for w in (*counter, *key)))
    assert tuple(int(word) for word in words) == expected


def test_a_uniform_depends_on_its_entity_and_not_on_its_neighbours():
    entities = np.arange(10, 20, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    together = uniforms(7, Stream.DEMAND_PATHS, entities, 5, 9)
    apart = np.concatenate(
        [uniforms(7, Stream.DEMAND_PATHS, entities[i : i + 1], 3, 4) for i in range(10)]
    )
    assert np.array_equal(together[:, :3, :4], apart)


def test_streams_and_seeds_give_different_numbers():
    entities = np.array([1], np.uint64)
    base = uniforms(7, Stream.DEMAND_PATHS, entities, 1, 100)
    assert not np.any(base == uniforms(7, Stream.LEAD_TIMES, entities, 1, 100))
    assert not np.any(base == uniforms(8, Stream.DEMAND_PATHS, entities, 1, 100))


def test_uniforms_have_the_moments_of_the_uniform_law():
    draws = uniforms(1, Stream.MARKET_NORMALS, np.arange(4, dtype=np.uint64), 1000, 100)
    assert draws.min() > 0
    assert draws.max() < 1
    # Five standard errors of the mean and of the second moment.
    assert abs(draws.mean() - 0.5) < 5 * np.sqrt(1 / 12 / draws.size)
    assert abs((draws**2).mean() - 1 / 3) < 5 * np.sqrt(4 / 45 / draws.size)


def test_a_seed_out_of_range_is_named():
    with pytest.raises(ValueError, match=r"seed must be in \[0, 2\*\*32\); got -1"):
        uniforms(-1, Stream.DEMAND_PATHS, np.array([1], np.uint64), 1, 1)
