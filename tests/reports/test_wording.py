"""Numbers as people read them."""

import pandas as pd
import pytest

from reports.wording import day, money, number, percent, steps


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (1_014_000, "1.01m"),
        (1_000_000, "1.00m"),
        (999_960, "1.00m"),
        (999_400, "999k"),
        (29_140_000, "29.1m"),
        (9_996, "10.0k"),
        (-1_432, "-1.43k"),
        (999.4, "999"),
        (2.5e9, "2.50bn"),
        (64.24, "64.2"),
        (-3.196, "-3.20"),
        (-0.004, "0"),
        (99.97, "100"),
        (0.0, "0"),
    ],
)
def test_money_has_three_digits_so_that_a_limit_and_what_is_beyond_it_can_be_told_apart(
    amount, told
):
    assert money(amount) == told


def test_what_rounds_to_zero_has_no_sign():
    assert (number(-0.004), number(-0.006)) == ("0.00", "-0.01")
    assert (percent(-0.0004), percent(-0.0006)) == ("0.0%", "-0.1%")


def test_a_part_of_the_horizon_that_is_one_period_is_told_once():
    assert (steps(1, 1), steps(8, 14)) == ("1", "8-14")


def test_a_day_has_no_zero_in_front():
    moment = pd.Timestamp("2026-09-06")
    assert (day(moment), day(moment, year=False)) == ("6 September 2026", "6 September")
