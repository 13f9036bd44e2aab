"""BigQuery's errors by what a person does next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from sellerops.base.errors import (
    ConfigurationError,
    GiveUpError,
    RetryableError,
    SellerOpsError,
    UnreadableDocument,
)
from sellerops.destinations.driver_errors import typed_error

_PASSING = (
    api.TooManyRequests,
    api.ServerError,
    api.RetryError,
    auth.TransportError,
    ConnectionError,
    TimeoutError,
    requests.ConnectionError,
    requests.Timeout,
)
# Words of a refusal that says "not now": a transaction that met another, a quota, a job that was stopped.
_LATER = (
    "transaction is aborted due to concurrent",
    "could not serialize",
    "exceeded rate limits",
    "quota exceeded",
    "was cancelled",
    "requested cancellation",
)
_LATER_REASONS = frozenset(
    {
        "backendError", "internalError", "jobBackendError", "jobInternalError", "jobRateLimitExceeded",
        "quotaExceeded", "rateLimitExceeded", "resourceInUse", "stopped", "tableUnavailable", "timeout",
    }
)  # fmt: skip
_MONEY_REASONS = frozenset({"billingNotEnabled", "billingTierLimitExceeded", "blocked", "notImplemented"})
_SIZE_REASONS = frozenset({"resourcesExceeded", "responseTooLarge"})
_SIZES = (
    "too many columns",
    "too many total leaf fields",
    "row size",
    "too many partitions",
    "maximum allowed size",
)
# Single and double quotes surround values; names of tables and columns stand in backticks or bare.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


@contextmanager
def our_errors(where: str) -> Iterator[None]:
    """Raises what Google's client and the ledger's driver raise as an error of ours."""
    try:
        yield
    except SellerOpsError:
        raise
    except _PASSING as error:
        raise RetryableError(f"BigQuery did not do its part: {_words(error)}.", where=where) from error
    except (api.Unauthorized, api.Forbidden, auth.GoogleAuthError) as error:
        if _is_for_later(error) or getattr(error, "retryable", False):
            raise RetryableError(f"BigQuery refuses for now: {_words(error)}.", where=where) from error
        raise ConfigurationError(
            f"BigQuery refuses access: {_words(error)}.",
            where=where,
            remedy="Give the connection's service account the roles BigQuery Data Editor and Job User, "
            "then clear the task.",
        ) from error
    except api.NotFound as error:
        raise ConfigurationError(
            f"BigQuery does not find what it was asked for: {_words(error)}.",
            where=where,
            remedy="Check project and location in the connection `sellerops_bigquery`, then clear the task.",
        ) from error
    except api.PreconditionFailed as error:
        raise RetryableError(f"somebody else changed the table: {_words(error)}.", where=where) from error
    except api.GoogleAPICallError as error:
        raise _refusal(error, where) from None
    except api.GoogleAPIError as error:
        raise GiveUpError(
            f"Google's client gives up: {type(error).__name__}.",
            where=where,
            remedy="Nothing was stored. Look at the job in the console; clear the task once that is mended.",
        ) from error
    except psycopg.Error as error:
        raise typed_error(error, where, "the ledger") from None


def _refusal(error: api.GoogleAPICallError, where: str) -> SellerOpsError:
    """A refused statement or job, by the reason BigQuery gives. Values its words quote are left out.

    https://cloud.google.com/bigquery/docs/error-messages
    """
    reasons = {str(each.get("reason")) for each in error.errors if isinstance(each, dict)}
    words = _QUOTED.sub("…", _words(error))
    if reasons & _LATER_REASONS or _is_for_later(error):
        return RetryableError(f"BigQuery refuses for now: {words}.", where=where)
    if reasons & _MONEY_REASONS:
        return ConfigurationError(
            f"BigQuery does not work for this project: {words}.",
            where=where,
            remedy="Enable billing, or raise the limit, in the connection's project; then clear the task.",
        )
    if _is_too_large(error, reasons):
        return UnreadableDocument(
            f"a table, row or statement is larger than BigQuery takes: {words}.",
            where=where,
            remedy="Nothing was stored. Split wide lists into tables of their own in the spec (`rows`), or "
            "load fewer days at once; then clear the load task.",
        )
    return UnreadableDocument(
        f"BigQuery does not take what was read: {words}.",
        where=where,
        remedy="Nothing was stored. This program is wrong: report it with the archived document.",
    )


def _is_too_large(error: Exception, reasons: set[str]) -> bool:
    text = str(error).lower()
    return bool(reasons & _SIZE_REASONS) or any(words in text for words in _SIZES)


def _is_for_later(error: Exception) -> bool:
    text = str(error).lower()
    return any(words in text for words in _LATER)


def _words(error: Exception) -> str:
    """The first line, without what the client puts before and behind."""
    text = getattr(error, "message", None) or str(error)
    return next(iter(str(text).strip().splitlines()), type(error).__name__)[:500].rstrip(".")
