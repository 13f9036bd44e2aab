"""Rules that translate the errors of Google's client and of the ledger.

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
from sellerops.destinations.error_rules import ErrorRule, translation
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
_ACCESS = (api.Unauthorized, api.Forbidden, auth.GoogleAuthError)
# Texts in messages that mean "not now": conflicting transactions, quotas, cancelled jobs.
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


def _is_access_later(error: Exception) -> bool:
    return isinstance(error, _ACCESS) and (_is_later(error) or bool(getattr(error, "retryable", False)))


def _is_later(error: Exception) -> bool:
    return any(text in str(error).lower() for text in _LATER)


def _is_refusal(reasons: frozenset[str], texts: tuple[str, ...] = ()) -> Callable[[Exception], bool]:
    """A statement or job that BigQuery refuses for one of ``reasons``, or with one of ``texts``."""

    def matches(error: Exception) -> bool:
        if not isinstance(error, api.GoogleAPICallError):
            return False
        given = {str(each.get("reason")) for each in error.errors if isinstance(each, dict)}
        return bool(given & reasons) or any(text in str(error).lower() for text in texts)

    return matches


def _message(error: Exception) -> str:
    """The first line of the message, without what the client adds around it."""
    text = getattr(error, "message", None) or str(error)
    return next(iter(str(text).strip().splitlines()), type(error).__name__)[:500].rstrip(".")


def _without_values(error: Exception) -> str:
    return _QUOTED.sub("…", _message(error))


def _rule(
    matches: Callable[[Exception], bool], kind: type[SellerOpsError], cause: str, remedy: str = ""
) -> ErrorRule:
    return ErrorRule(matches, translation(kind, cause, remedy, message=_message), keeps_cause=True)


def _quoting_rule(
    matches: Callable[[Exception], bool], kind: type[SellerOpsError], cause: str, remedy: str = ""
) -> ErrorRule:
    """For messages that may quote values."""
    return ErrorRule(matches, translation(kind, cause, remedy, message=_without_values))


# The first matching rule applies. These errors do not depend on the statement:
_OF_SERVICE = (
    _rule(_is_any(*_UNAVAILABLE), RetryableError, "BigQuery is unavailable: {}."),
    _rule(_is_access_later, RetryableError, "BigQuery refuses for now: {}."),
    _rule(
        _is_any(*_ACCESS),
        ConfigurationError,
        "BigQuery refuses access: {}.",
        "Give the connection's service account the roles BigQuery Data Editor and Job User, then clear the "
        "task.",
    ),
    _rule(
        _is_any(api.NotFound),
        ConfigurationError,
        "BigQuery finds no such project, dataset or table: {}.",
        "Check project and location in the connection `sellerops_bigquery`, then clear the task.",
    ),
    _rule(_is_any(api.PreconditionFailed), RetryableError, "somebody else changed the table: {}."),
    _quoting_rule(_is_refusal(_LATER_REASONS, _LATER), RetryableError, "BigQuery refuses for now: {}."),
    _quoting_rule(
        _is_refusal(_MONEY_REASONS),
        ConfigurationError,
        "BigQuery does not work for this project: {}.",
        "Enable billing, or raise the limit, in the connection's project; then clear the task.",
    ),
)
_GAVE_UP = ErrorRule(
    _is_any(api.GoogleAPIError),
    translation(
        GiveUpError,
        "Google's client gave up: {}.",
        "Nothing was stored. Look at the job in the console; fix the cause, then clear the task.",
        message=lambda error: type(error).__name__,
    ),
    keeps_cause=True,
)
BIGQUERY_RULES = (
    *_OF_SERVICE,
    _quoting_rule(
        _is_refusal(_SIZE_REASONS, _SIZES),
        UnreadableDocument,
        "a table, row or statement exceeds BigQuery's limits: {}.",
        "Nothing was stored. Split wide lists into tables of their own in the spec (`rows`), or load fewer "
        "days at once; then clear the load task.",
    ),
    _quoting_rule(
        _is_any(api.GoogleAPICallError),
        UnreadableDocument,
        "BigQuery refuses what was read from the document: {}.",
        "Nothing was stored. This is a bug in sellerops: report it with the archived document.",
    ),
    _GAVE_UP,
    *LEDGER_RULES,
)
# For the SELECT of a mart. Marts hold no personal data, so the message may be shown.
MART_RULES = (
    *_OF_SERVICE,
    _rule(
        _is_any(api.GoogleAPICallError),
        ConfigurationError,
        "BigQuery refuses its SELECT: {}.",
        "Nothing was changed. Correct the mart's file in include/marts, then clear the task.",
    ),
    _GAVE_UP,
    *LEDGER_RULES,
)
