"""Chunks under way together keep out of each other's memory, which stays for the next call."""

from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("numba_cuda")


class _Queue:
    """A stream that does nothing before it is waited for: the latest that a device may be."""

    def __init__(self):
        self.work = []

    def synchronize(self):
        while self.work:
            self.work.pop(0)()


class _Far:
    """An array of such a device."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, part):
        return _Far(self.array[part])

    def view(self, form):
        return _Far(self.array.view(form))

    def reshape(self, shape):
        return _Far(self.array.reshape(shape))

    def copy_to_device(self, near, stream):
        stream.work.append(lambda: np.copyto(self.array, near))

    def copy_to_host(self, near, stream):
        stream.work.append(lambda: np.copyto(near, self.array))


@pytest.fixture
def late(monkeypatch):
    """Return `kernels.cuda.streams` on a device that is always late, and what it has allocated."""
    from kernels.cuda import streams

    taken = []

    def allocate(n_bytes, form):
        taken.append(n_bytes)
        return np.full(n_bytes, 255, form)

    driver = SimpleNamespace(
        stream=_Queue, pinned_array=allocate, device_array=lambda n, form: _Far(allocate(n, form))
    )
    monkeypatch.setattr(streams, "cuda", driver)
    monkeypatch.setattr(streams, "_idle", [])
    return SimpleNamespace(stream_rows=streams.stream_rows, module=streams, taken=taken)


def _sums(stream, given, taken, beside):
    def work():
        beside.array[...] = 2.0 * given[0].array
        taken[0].array[...] = beside.array.sum(axis=1)
        taken[1].array[...] = given[1].array

    stream.work.append(work)


def _scratch(rows):
    return [((rows, 3), np.float64)]


def _run(late, n_rows=23, at_once=3, seed=0):
    draws = np.random.default_rng(seed)
    given = [draws.normal(size=(n_rows, 3)), draws.random(n_rows) < 0.5]
    found = [np.empty(n_rows), np.empty(n_rows, np.bool_)]
    late.stream_rows(given, found, _sums, at_once, scratch=_scratch)
    return given, found


def test_no_memory_of_a_chunk_is_used_before_the_chunk_is_done(late):
    given, found = _run(late)
    np.testing.assert_array_equal(found[0], (2.0 * given[0]).sum(axis=1))
    np.testing.assert_array_equal(found[1], given[1])


def test_memory_is_allocated_once_and_stays_for_the_next_call(late):
    _, first = _run(late)
    kept = [array.copy() for array in first]
    # Two lanes, each with page-locked memory, its like on the device, and scratch.
    assert len(late.taken) == 6
    given, found = _run(late, n_rows=19, at_once=2, seed=1)
    assert len(late.taken) == 6
    np.testing.assert_array_equal(found[0], (2.0 * given[0]).sum(axis=1))
    for array, own in zip(first, kept, strict=True):
        np.testing.assert_array_equal(array, own)
    _run(late, n_rows=1_000, at_once=500)
    assert len(late.taken) == 12


def test_more_memory_than_a_bound_is_given_back_when_the_call_is_over(late, monkeypatch):
    monkeypatch.setattr(late.module, "_MOST_KEPT", 256)
    _run(late, n_rows=40, at_once=20)
    taken = len(late.taken)
    _run(late, n_rows=40, at_once=20)
    assert len(late.taken) == 2 * taken


def test_lanes_that_a_fault_leaves_are_not_lent_again(late):
    def failing(stream, given, taken, beside):
        raise ValueError("no such launch")

    found = [np.empty(9), np.empty(9, np.bool_)]
    with pytest.raises(ValueError, match="no such launch"):
        late.stream_rows(
            [np.ones((9, 3)), np.ones(9, np.bool_)], found, failing, 3, scratch=_scratch
        )
    assert late.module._idle == []
    _run(late)
    assert len(late.module._idle) == 2


def test_pieces_of_a_slab_lie_apart_and_have_their_shapes_and_types(numba_cuda):
    from kernels.cuda.streams import _Slab

    asked = [((3, 5), np.float64), ((7,), np.bool_), ((2, 0), np.int64), ((1, 1), np.uint64)]
    slab = _Slab(lambda n: np.zeros(n, np.uint8))
    pieces = slab.pieces(asked)
    assert [(piece.shape, piece.dtype) for piece in pieces] == asked
    assert all(piece.flags.c_contiguous for piece in pieces)
    for number, piece in enumerate(pieces):
        piece[...] = number + 1
    assert [np.unique(piece).tolist() for piece in pieces] == [[1.0], [True], [], [4]]


def test_chunks_of_fits_fill_a_device_with_threads_where_page_locked_memory_allows(numba_cuda):
    from kernels.cuda.streams import rows_that_fit

    a_day, memory = 1_941 * 8, 1e11
    assert rows_that_fit(a_day, 1, memory) == 2**28 // a_day
    assert rows_that_fit(a_day, 1, memory, fill=33_792) == 33_792
    assert rows_that_fit(2 * a_day, 1, memory, fill=10**9) == 2**30 // (2 * a_day)
    assert rows_that_fit(8, 1, memory, fill=33_792) == 2**28 // 8
    assert rows_that_fit(a_day, 1, 1e9, fill=33_792) == int(0.3e9 / a_day)
    assert rows_that_fit(8, 1, memory, scratch_a_row=10**6) == 2**31 // 10**6


def test_chunks_are_of_like_size(late, monkeypatch):
    sizes = []
    context = SimpleNamespace(get_memory_info=lambda: (10**9, 10**9))
    monkeypatch.setattr(late.module.cuda, "current_context", lambda: context, raising=False)
    monkeypatch.setattr(late.module, "_MOST_BYTES", 80)

    def launch(stream, given, taken):
        sizes.append(len(given[0]))

    late.stream_rows([np.empty(12)], [np.empty(12)], launch)
    assert sizes == [4, 4, 4]
