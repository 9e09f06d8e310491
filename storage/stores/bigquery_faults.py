"""BigQuery's errors as ours: those that pass, and those that stay."""

import concurrent.futures
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions

from storage.errors import StoreBusyError, StoreError, TerminalStoreError, TransientStoreError
from storage.sql import first_line

# https://cloud.google.com/bigquery/docs/error-messages
_REASONS_THAT_PASS = frozenset(
    {
        "backendError",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "tableUnavailable",
        "timeout",
    }
)
# BigQuery gives a transaction that met another one the reason of a wrong query.
_CONCURRENT = "aborted due to concurrent update"
# What a commit says that finds a version it does not expect.
CAME_FIRST = "another publication came first"
_FAULTS_THAT_PASS = (
    ConnectionError,
    concurrent.futures.TimeoutError,
    exceptions.BadGateway,
    exceptions.GatewayTimeout,
    exceptions.InternalServerError,
    exceptions.RetryError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    auth_exceptions.TransportError,
)
_KNOWN = (
    exceptions.GoogleAPIError,
    requests.exceptions.RequestException,
    auth_exceptions.GoogleAuthError,
    OSError,
    concurrent.futures.TimeoutError,
)


def passes(error: BaseException) -> bool:
    """Return whether a fault may be gone at another try.

    The reason that BigQuery gives decides where there is one: the client makes a 500 of every
    reason that it does not know, of a query that would bill too much among them.
    """
    details = getattr(error, "errors", None) or [{}]
    if isinstance(details[0], Mapping) and details[0].get("reason"):
        return result_passes(details[0])
    if isinstance(error, auth_exceptions.GoogleAuthError):
        return bool(error.retryable) or isinstance(error, auth_exceptions.TransportError)
    return isinstance(error, _FAULTS_THAT_PASS) and not isinstance(
        error, requests.exceptions.SSLError
    )


def result_passes(result: Mapping[str, Any]) -> bool:
    """Return whether a failed job's ``errorResult`` says that another one may succeed."""
    message = str(result.get("message", "")).lower()
    return result.get("reason") in _REASONS_THAT_PASS or _CONCURRENT in message


def failure_of(place: str, result: Mapping[str, Any]) -> StoreError:
    """Return our error for a failed job's ``errorResult``."""
    said = f"{place}: {_sentence(str(result.get('message', result)))}"
    if CAME_FIRST in said:
        return StoreBusyError(said)
    return TransientStoreError(said) if result_passes(result) else TerminalStoreError(said)


@contextmanager
def faults_named(place: str) -> Iterator[None]:
    """Turn the client's errors into ours, which begin with ``place``."""
    try:
        yield
    except auth_exceptions.DefaultCredentialsError as error:
        raise TerminalStoreError(
            f"{place}: no application default credentials were found; run "
            "`gcloud auth application-default login`, or attach a service account"
        ) from error
    except _KNOWN as error:
        kind = TransientStoreError if passes(error) else TerminalStoreError
        raise kind(f"{place}: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    cause = error.cause if isinstance(error, exceptions.RetryError) and error.cause else error
    if isinstance(cause, exceptions.GoogleAPICallError):
        # The client puts the address that it called before what BigQuery says.
        details = [error for error in cause.errors or [] if isinstance(error, Mapping)]
        said = details[0].get("message") if details else None
        return _sentence(str(said or cause.message))
    # Errors of authentication carry the whole answer behind what they say.
    return _sentence(str(cause.args[0]) if cause.args else type(cause).__name__)


def _sentence(message: str) -> str:
    return first_line(ValueError(message or "it gave no reason"))
