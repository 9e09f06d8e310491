"""Volatility and trend ahead."""

from storage.tables.market import INSTRUMENT
from storage.tables.table import Column, output_table

VOLATILITY_OUTLOOK = output_table(
    "volatility_outlook",
    "Volatility, trend and the chance of a fall of each instrument over days to a year ahead.",
    columns=(
        INSTRUMENT,
        Column("horizon", "integer", "trading days ahead", minimum=1),
        Column("model", "text", "law of volatility", choices=("garch", "gjr", "ewma")),
        Column(
            "outcome",
            "text",
            "fitted, or why the figures are absent or doubtful",
            choices=(
                "fitted",
                "too_short",
                "not_finite",
                "constant",
                "out_of_range",
                "not_converged",
            ),
        ),
        Column(
            "trend",
            "text",
            "where the expected return comes from: theta model, or mean of its own returns",
            choices=("theta", "mean"),
        ),
        Column(
            "volatility", "float", "annual, over the horizon, fraction", nullable=True, minimum=0
        ),
        Column("expected_return", "float", "sum of log returns, fraction", nullable=True),
        Column(
            "expected_return_standard_error",
            "float",
            "error of the trend over the horizon",
            nullable=True,
            minimum=0,
        ),
        Column(
            "probability_of_fall",
            "float",
            "that the price is lower at the horizon",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    ),
    key=("instrument_id", "horizon"),
    entity=("instrument_id",),
)
