"""Rules for the errors of Google's client, and of the ledger beside it.

https://cloud.google.com/bigquery/docs/error-messages
"""

from __future__ import annotations

import re
from collections.abc import Callable

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
from sellerops.destinations.error_rules import ErrorRule
from sellerops.destinations.postgres_errors import LEDGER_RULES

_UNAVAILABLE = (
    api.TooManyRequests,
    api.ServerError,
    api.RetryError,
    auth.TransportError,
    ConnectionError,
    TimeoutError,
    requests.ConnectionError,
    requests.Timeout,
)
# In messages that mean "not now": conflicting transactions, quotas, cancelled jobs.
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
# Quotes surround values; names of tables and columns are in backticks or bare.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def _is_any(*kinds: type[Exception]) -> Callable[[Exception], bool]:
    return lambda error: isinstance(error, kinds)


def _is_access(error: Exception) -> bool:
    return isinstance(error, api.Unauthorized | api.Forbidden | auth.GoogleAuthError)


def _is_access_later(error: Exception) -> bool:
    return _is_access(error) and (_is_for_later(error) or bool(getattr(error, "retryable", False)))


def _refuses_now(error: Exception, where: str) -> SellerOpsError:
    return RetryableError(f"BigQuery refuses for now: {_message(error)}.", where=where)


def _refuses_now_without_values(error: Exception, where: str) -> SellerOpsError:
    return RetryableError(f"BigQuery refuses for now: {_without_values(error)}.", where=where)


def _unavailable(error: Exception, where: str) -> SellerOpsError:
    return RetryableError(f"BigQuery is unavailable: {_message(error)}.", where=where)


def _no_access(error: Exception, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"BigQuery refuses access: {_message(error)}.",
        where=where,
        remedy="Give the connection's service account the roles BigQuery Data Editor and Job User, "
        "then clear the task.",
    )


def _not_found(error: Exception, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"BigQuery finds no such project, dataset or table: {_message(error)}.",
        where=where,
        remedy="Check project and location in the connection `sellerops_bigquery`, then clear the task.",
    )


def _changed_meanwhile(error: Exception, where: str) -> SellerOpsError:
    return RetryableError(f"somebody else changed the table: {_message(error)}.", where=where)


def _client_gave_up(error: Exception, where: str) -> SellerOpsError:
    return GiveUpError(
        f"Google's client gave up: {type(error).__name__}.",
        where=where,
        remedy="Nothing was stored. Look at the job in the console; fix the cause, then clear the task.",
    )


def _no_billing(error: Exception, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"BigQuery does not work for this project: {_without_values(error)}.",
        where=where,
        remedy="Enable billing, or raise the limit, in the connection's project; then clear the task.",
    )


def _too_large(error: Exception, where: str) -> SellerOpsError:
    return UnreadableDocument(
        f"a table, row or statement exceeds BigQuery's limits: {_without_values(error)}.",
        where=where,
        remedy="Nothing was stored. Split wide lists into tables of their own in the spec (`rows`), or "
        "load fewer days at once; then clear the load task.",
    )


def _refused(error: Exception, where: str) -> SellerOpsError:
    return UnreadableDocument(
        f"BigQuery refuses what was read from the document: {_without_values(error)}.",
        where=where,
        remedy="Nothing was stored. This is a bug in sellerops: report it with the archived document.",
    )


def _is_refusal(
    reasons: frozenset[str] = frozenset(), texts: tuple[str, ...] = ()
) -> Callable[[Exception], bool]:
    """A statement or job that BigQuery refuses for one of ``reasons``, or with one of ``texts``."""

    def matches(error: Exception) -> bool:
        if not isinstance(error, api.GoogleAPICallError):
            return False
        given = {str(each.get("reason")) for each in error.errors if isinstance(each, dict)}
        return bool(given & reasons) or any(text in str(error).lower() for text in texts)

    return matches


def _is_for_later(error: Exception) -> bool:
    return any(text in str(error).lower() for text in _LATER)


def _without_values(error: Exception) -> str:
    return _QUOTED.sub("…", _message(error))


def _message(error: Exception) -> str:
    """The first line, without what the client adds around it."""
    text = getattr(error, "message", None) or str(error)
    return next(iter(str(text).strip().splitlines()), type(error).__name__)[:500].rstrip(".")


# By the first match.
BIGQUERY_RULES = (
    ErrorRule(_is_any(*_UNAVAILABLE), _unavailable, keeps_cause=True),
    ErrorRule(_is_access_later, _refuses_now, keeps_cause=True),
    ErrorRule(_is_access, _no_access, keeps_cause=True),
    ErrorRule(_is_any(api.NotFound), _not_found, keeps_cause=True),
    ErrorRule(_is_any(api.PreconditionFailed), _changed_meanwhile, keeps_cause=True),
    # From here on messages may quote values.
    ErrorRule(_is_refusal(_LATER_REASONS, _LATER), _refuses_now_without_values),
    ErrorRule(_is_refusal(_MONEY_REASONS), _no_billing),
    ErrorRule(_is_refusal(_SIZE_REASONS, _SIZES), _too_large),
    ErrorRule(_is_any(api.GoogleAPICallError), _refused),
    ErrorRule(_is_any(api.GoogleAPIError), _client_gave_up, keeps_cause=True),
    *LEDGER_RULES,
)
