"""Books, and their tails without each position, are the processor's, whatever is beside them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kernels import book_losses as added
from kernels import changes_without as changed
from kernels.changes_without import Figures
from kernels.largest_without import largest_without

pytestmark = pytest.mark.usefixtures("grids")
KEPT = 40
LEVELS = (0.9, 0.95)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def _book(n_positions, n_scenarios=211, seed=4):
    """Return losses of more instruments than are held, and a book."""
    draws = np.random.default_rng(seed)
    losses = draws.standard_t(4, (n_positions + 3, n_scenarios))
    instruments = draws.permutation(n_positions + 3)[:n_positions]
    return losses, instruments, draws.normal(0.0, 20.0, n_positions)


def _figures(losses, instruments, quantities):
    """Return a book's losses, and values at risk with and without each position."""
    total = added.book_losses(losses, instruments, quantities)
    rest = total - quantities[:, None] * losses[instruments]
    shares = 1.0 - np.array(LEVELS)
    without = np.quantile(rest, LEVELS, axis=1)
    return total, Figures(shares, np.quantile(total, LEVELS), without)


@pytest.mark.parametrize("n_positions", [1, 16, 37])
@pytest.mark.parametrize("stays", [True, False])
def test_a_book_is_the_processors_to_the_bit(n_positions, stays):
    from kernels.cuda import book_losses

    held = _book(n_positions)
    expected = added.book_losses(*held)
    if stays:
        with book_losses.keep_losses(held[0]):
            found = book_losses.book_losses(*held)
            largest = book_losses.largest_without(*held, expected, KEPT)
    else:
        found = book_losses.book_losses(*held)
        largest = book_losses.largest_without(*held, expected, KEPT)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(largest, largest_without(*held, expected, KEPT))


@pytest.mark.parametrize("n_positions", [1, 16, 37])
def test_changes_without_positions_are_the_processors(n_positions):
    from kernels.cuda import book_losses

    held = _book(n_positions)
    total, figures = _figures(*held)
    found = book_losses.changes_without(*held, total, figures)
    expected = changed.changes_without(*held, total, figures)
    np.testing.assert_array_equal(found.beyond, expected.beyond)
    np.testing.assert_array_equal(found.both, expected.both)
    np.testing.assert_allclose(found.deviations, expected.deviations, **CLOSE)


# As many scenarios as randomisations go into, and not.
@pytest.mark.parametrize("n_scenarios", [210, 211])
def test_randomised_changes_are_the_processors(n_scenarios):
    from kernels.cuda import book_losses

    held = _book(19, n_scenarios)
    total, figures = _figures(*held)
    draws = np.random.default_rng(6)
    steps = draws.random(len(LEVELS)), draws.random((len(LEVELS), 19))
    found = book_losses.randomised_changes(*held, total, figures, steps, 7)
    expected = changed.randomised_changes(*held, total, figures, steps, 7)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-11)


def test_a_position_does_not_depend_on_those_beside_it():
    from kernels.cuda import book_losses

    losses, instruments, quantities = _book(37)
    total, figures = _figures(losses, instruments, quantities)
    whole = book_losses.changes_without(losses, instruments, quantities, total, figures)
    alone = figures._replace(without=np.ascontiguousarray(figures.without[:, 20:21]))
    one = book_losses.changes_without(losses, instruments[20:21], quantities[20:21], total, alone)
    np.testing.assert_array_equal(one.deviations, whole.deviations[:, 20:21])


def test_a_position_without_which_losses_are_no_numbers_has_no_tail():
    from kernels.cuda import book_losses

    losses, instruments, quantities = _book(3)
    losses[instruments[1], 5:] = np.nan
    total = np.random.default_rng(1).normal(size=losses.shape[1])
    found = book_losses.largest_without(losses, instruments, quantities, total, KEPT)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


def test_losses_leave_the_device_with_the_last_block_that_asked_for_them(monkeypatch):
    from kernels.cuda import book_losses

    held = _book(3)
    with book_losses.keep_losses(held[0]):
        with pytest.raises(RuntimeError, match="fault"), book_losses.keep_losses(held[0]):
            raise RuntimeError("fault")
        assert list(book_losses._kept) == [id(held[0])]
    assert book_losses._kept == {}
    # What does not fit is sent row by row.
    monkeypatch.setattr(book_losses, "_SHARE", 0.0)
    with book_losses.keep_losses(held[0]):
        np.testing.assert_array_equal(book_losses.book_losses(*held), added.book_losses(*held))


@pytest.mark.parametrize("method", ["gaussian", "historical", "quasi_gaussian"])
def test_books_measured_on_a_device_are_the_processors(method, monkeypatch):
    from kernels.cuda import loss_order, market_moves
    from risk import instrument_losses, measure_portfolios
    from tests.risk.markets import BOOKS, PLAN, mixed_market, positions

    monkeypatch.setattr(market_moves, "SCENARIOS", 128)
    monkeypatch.setattr(loss_order, "_FEW", 0)
    plan = replace(PLAN, scenarios=256)
    market, held = mixed_market(plan), positions(**BOOKS)
    losses = instrument_losses(market, method, 1, plan)
    expected = measure_portfolios(market, held, losses, method, 1, plan)
    found = measure_portfolios(market, held, losses, method, 1, replace(plan, device="cuda"))
    assert found.failures == expected.failures
    pd.testing.assert_frame_equal(found.risk, expected.risk, check_exact=True)
    pd.testing.assert_frame_equal(found.loss_quantiles, expected.loss_quantiles, check_exact=True)
    pd.testing.assert_frame_equal(found.contributions, expected.contributions, rtol=1e-9, atol=1e-9)


def put_in(monkeypatch, name, kernel):
    """Put a kernel in the place of the processor's, whoever asks for it."""
    from kernels import loss_order, on_device

    pair = vars(getattr(on_device, f"{name}_on"))
    monkeypatch.setattr(loss_order, name, kernel)
    monkeypatch.setitem(pair, "processor", kernel)
    monkeypatch.setitem(pair, "name", name)


@pytest.mark.parametrize("method", ["gaussian", "quasi_gaussian"])
def test_whole_books_are_sent_once_and_put_in_order_on_a_device(method, monkeypatch):
    from kernels import loss_order as ordered
    from kernels.cuda import book_losses, loss_order
    from risk import instrument_losses, measure_portfolios
    from tests.risk.markets import BOOKS, PLAN, mixed_market, positions

    lengths, stay = [], []
    at_hand = loss_order.at_hand

    def looking(losses):
        stay.append(id(losses) in book_losses._kept)
        return at_hand(losses)

    def noting(order):
        return lambda losses, first: lengths.append(len(losses)) or order(losses, first)

    for name in ("largest_losses", "largest_scenarios"):
        put_in(monkeypatch, name, noting(getattr(ordered, name)))
    monkeypatch.setattr(loss_order, "at_hand", looking)
    monkeypatch.setattr(loss_order, "_FEW", 0)
    plan = replace(PLAN, scenarios=256)
    market, held = mixed_market(plan), positions(**BOOKS)
    losses = instrument_losses(market, method, 1, plan)
    measure_portfolios(market, held, losses, method, 1, plan)
    assert losses.shape[1] in lengths
    lengths.clear()
    measure_portfolios(market, held, losses, method, 1, replace(plan, device="cuda"))
    assert losses.shape[1] not in lengths
    assert stay
    assert all(stay)


def test_a_tail_corrected_by_a_control_is_the_processors(monkeypatch):
    from kernels.cuda import loss_order
    from risk.controls import Control
    from risk.measures.portfolios import measure_book_tails
    from risk.scenarios import QuadraticLaw
    from tests.risk.markets import PLAN

    draws = np.random.default_rng(7)
    moves = draws.normal(size=600)
    losses = np.round(moves + 0.2 * draws.normal(size=600), 1)
    control = Control(moves, QuadraticLaw(0.0, np.ones(1), np.zeros(1)))
    plan = replace(PLAN, levels=(0.95,))
    (expected,) = measure_book_tails(losses, "gaussian", 1, plan, control)
    put_in(monkeypatch, "largest_scenarios", None)
    monkeypatch.setattr(loss_order, "_FEW", 0)
    (found,) = measure_book_tails(losses, "gaussian", 1, replace(plan, device="cuda"), control)
    np.testing.assert_array_equal(found.scenarios, expected.scenarios)
    assert found.value_at_risk_error == expected.value_at_risk_error
    assert found.expected_shortfall == expected.expected_shortfall
