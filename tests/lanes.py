"""Cases that wait for the slow lane, beside those of the default run."""

import pytest


def slow(*values):
    """Return the values of a case that is left to the slow lane."""
    return pytest.param(*values, marks=pytest.mark.slow)
