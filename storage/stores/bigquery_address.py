"""A BigQuery store's address."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from storage.errors import TerminalStoreError

DEFAULT_BYTES_BILLED = 100 * 2**30
_PROJECT = re.compile(r"[a-z][a-z0-9.:-]{4,61}[a-z0-9]")
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")
_OPTIONS = ("location", "maximum_bytes_billed")
SHAPE = "bigquery://PROJECT/DATASET?location=EU&maximum_bytes_billed=BYTES"


@dataclass(frozen=True)
class BigQueryAddress:
    """Where a BigQuery store is, and what a query of it may cost.

    Parameters
    ----------
    project : pays for the jobs and holds the dataset
    dataset : holds the tables
    location : of the dataset and its jobs, such as "EU"; None is BigQuery's choice
    maximum_bytes_billed : a query that would bill more is refused by BigQuery before it runs
    """

    project: str
    dataset: str
    location: str | None = None
    maximum_bytes_billed: int = DEFAULT_BYTES_BILLED

    def __str__(self) -> str:
        return f"bigquery://{self.project}/{self.dataset}"


def parse_address(address: str) -> BigQueryAddress:
    """Return the parts of a BigQuery store's address.

    Raises
    ------
    TerminalStoreError
        Where it is not of the shape, or has an option there is none of.
    """
    parts = urlsplit(address)
    project, dataset = parts.netloc, parts.path.removeprefix("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise TerminalStoreError(
            f"store bigquery://{project}/{dataset}: there is no option {unknown[0]!r}; "
            f"there are {', '.join(_OPTIONS)} (credentials are the environment's own)"
        )
    if not _PROJECT.fullmatch(project) or not _DATASET.fullmatch(dataset):
        raise TerminalStoreError(f"store {address!r}: the address must be {SHAPE}")
    return BigQueryAddress(
        project,
        dataset,
        options.get("location"),
        _bytes(options.get("maximum_bytes_billed", str(DEFAULT_BYTES_BILLED))),
    )


def _bytes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise TerminalStoreError(f"maximum_bytes_billed must be a number of bytes; got {text!r}")
    return int(text)
