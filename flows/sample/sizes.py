"""How big the bundled sample is, and for which night."""

from dataclasses import dataclass
from datetime import date

AS_OF = date(2026, 10, 31)


@dataclass(frozen=True)
class SampleSize:
    """Sizes of the sample.

    Parameters
    ----------
    warehouses : 2 to 24
    items : 8 to 60
    days : of demand history, 100 at least
    portfolios : 4 to 40
    """

    warehouses: int = 24
    items: int = 60
    days: int = 1096
    portfolios: int = 40
