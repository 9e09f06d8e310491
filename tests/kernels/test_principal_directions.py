"""Principal directions: LAPACK's, but for the threads."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.principal_directions import diagonalise, orthonormalise, principal_directions

SIZES = st.tuples(st.integers(1, 15), st.integers(1, 15), st.integers(0, 10_000))


@settings(max_examples=40)
@given(SIZES)
def test_all_directions_are_those_of_a_library(size):
    n_rows, n_columns, seed = size
    rows = np.random.default_rng(seed).normal(size=(n_rows, n_columns))
    found = principal_directions(rows, min(n_rows, n_columns))
    np.testing.assert_allclose(found @ found.T, np.eye(len(found)), rtol=0, atol=1e-12)
    lengths = np.linalg.norm(rows @ found.T, axis=0)
    np.testing.assert_allclose(lengths, np.linalg.svd(rows)[1], rtol=1e-6, atol=1e-6)
    assert ((rows @ found.T).sum(axis=0) >= -1e-9).all()


def test_a_few_of_many_are_those_of_a_library():
    draws = np.random.default_rng(1)
    rows = draws.normal(size=(120, 4)) @ (draws.normal(size=(4, 90)) * np.array([[9, 6, 4, 2]]).T)
    rows += draws.normal(size=rows.shape)
    found = principal_directions(rows, 4)
    expected = np.linalg.svd(rows)[2][:4]
    # Squared lengths settle to 1e-14 of the first; directions to the root of that.
    np.testing.assert_allclose(np.abs((found * expected).sum(axis=1)), 1.0, rtol=0, atol=1e-12)


def test_rows_that_span_less_have_directions_of_zero():
    rows = np.outer(np.arange(1.0, 6.0), np.array([3.0, 0.0, 4.0, 0.0]))
    found = principal_directions(rows, 3)
    np.testing.assert_allclose(found[0], [0.6, 0.0, 0.8, 0.0], rtol=0, atol=1e-14)
    assert not found[1:].any()
    assert not principal_directions(np.zeros((3, 3)), 2).any()


@settings(max_examples=30)
@given(n=st.integers(1, 12), seed=st.integers(0, 10_000))
def test_rotations_find_a_librarys_eigenvalues(n, seed):
    half = np.random.default_rng(seed).normal(size=(n, n))
    matrix, vectors = half + half.T, np.empty((n, n))
    turned = matrix.copy()
    diagonalise(turned, vectors)
    expected = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(np.sort(np.diag(turned)), expected, rtol=0, atol=1e-12 * n)
    np.testing.assert_allclose(vectors @ matrix @ vectors.T, turned, rtol=0, atol=1e-11)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(n), rtol=0, atol=1e-12)


def test_nearly_dependent_rows_become_orthonormal_all_the_same():
    vectors = np.ones((3, 5)) + 1e-7 * np.random.default_rng(2).normal(size=(3, 5))
    orthonormalise(vectors)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(3), rtol=0, atol=1e-14)


def test_bits_do_not_follow_the_threads_of_the_library():
    script = (
        "import hashlib, numpy as np; from kernels.principal_directions import *; "
        "rows = np.random.default_rng(3).normal(size=(300, 280)); "
        "print(hashlib.sha256(principal_directions(rows, 20, 1e-6).tobytes()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("count", [0, 4])
def test_a_count_out_of_range_is_refused(count):
    with pytest.raises(ValueError, match=f"count must be 1 to 3; got {count}"):
        principal_directions(np.ones((3, 5)), count)
