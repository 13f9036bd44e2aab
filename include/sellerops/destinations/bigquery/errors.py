"""BigQuery's errors by what a person does next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from sellerops.errors import ConfigurationError, RetryableError, SellerOpsError, UnreadableDocument

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


@contextmanager
def our_errors(where: str) -> Iterator[None]:
    """Raises ConfigurationError, RetryableError or UnreadableDocument for what Google's client raises."""
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
        if _is_for_later(error):
            raise RetryableError(f"BigQuery refuses for now: {_words(error)}.", where=where) from error
        raise UnreadableDocument(
            f"BigQuery does not take what was read: {_words(error)}.",
            where=where,
            remedy="Nothing was stored. This program is wrong: report it with the archived document.",
        ) from error
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.UndefinedColumn,
        psycopg.errors.InvalidSchemaName,
    ) as error:
        raise ConfigurationError(
            f"the database holds no ledger of this version: {_words(error)}.",
            where=where,
            remedy="Run the migrations: `Ledger(conninfo).migrate()`.",
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise RetryableError(f"the ledger did not do its part: {_words(error)}.", where=where) from error


def _is_for_later(error: Exception) -> bool:
    text = str(error).lower()
    return any(words in text for words in _LATER)


def _words(error: Exception) -> str:
    """The first line, without what the client puts before and behind."""
    text = getattr(error, "message", None) or str(error)
    return next(iter(str(text).strip().splitlines()), type(error).__name__)[:500].rstrip(".")
