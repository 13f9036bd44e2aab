"""The whole error tree on one screen, typed by remedy.

SellerOpsError
+-- ConfigurationError        a file or connection says something wrong: mend it, then clear the task
|   +-- SpecError             a report YAML is invalid (names file and key)
|   +-- FormError             a run's trigger form holds a mistake: correct it and trigger again
|   +-- CredentialsError      Amazon refuses the account's credentials or role
|       +-- LoginRefused      the account cannot log in: every report of the connection stops
+-- RetryableError            the same call may work later: Airflow retries by itself
|   +-- Throttled             a quota refused us; carries the wait
|   +-- AmazonUnavailable     5xx, time-outs, gateway pages, dropped connections
|   +-- LedgerUnavailable     the ledger's database cannot be reached, or does not answer
|   +-- DocumentExpired       the presigned address died before the download ended
|   +-- DocumentDamaged       the download is truncated, mislabelled or not a document
|   +-- TableInUse            other sessions hold a table whose structure must change
+-- GiveUpError               repeating cannot help: a person must look
|   +-- ReportFatal           Amazon aborted the report
|   +-- RequestRefused        Amazon refuses this request for good (400, 404, ...)
|   +-- UnexpectedAnswer      Amazon answered something outside its own contract
|   +-- UnreadableDocument    the document does not fit its spec (missing column, wrong charset, ...)
|   |   +-- ArchiveDamaged    the archived copy is damaged or gone
|   |   +-- LimitExceeded     it is larger, deeper or wider than we accept (limits.py)
|   |   +-- NotTheReport      Amazon's own words stand where the report should be
|   +-- CheckFailed           rows do not add up; nothing was stored
+-- SkipError                 there is rightly nothing to do
    +-- NothingToCollect      no data in this window, or Amazon no longer serves it
    +-- NotPublishedYet       Amazon has not published the period: a later run asks again
    +-- Quarantined           the numbers are so unlike those before that a person decides
"""

from __future__ import annotations

from typing import Any

from sellerops.base.commands import commands_as_typed


class SellerOpsError(Exception):
    """Base of all our errors. ``where`` names the place, ``remedy`` what a person does next.

    Commands in backticks are told as the reader types them. ``details`` carries the fields (report, account,
    marketplace, status, ...) that notices and tests need.
    """

    default_remedy = "Read the task log."

    def __init__(self, cause: str, *, where: str = "", remedy: str = "", **details: Any) -> None:
        self.cause = commands_as_typed(cause)
        self.where = where
        self.remedy = commands_as_typed(remedy or self.default_remedy)
        self.details = details
        super().__init__(self.cause)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.cause} Next: {self.remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.cause, self.where, self.remedy, self.details))


def _rebuild(
    cls: type[SellerOpsError], cause: str, where: str, remedy: str, details: dict[str, Any]
) -> SellerOpsError:
    return cls(cause, where=where, remedy=remedy, **details)


class ConfigurationError(SellerOpsError):
    default_remedy = "Correct the configuration, then clear the task."


class SpecError(ConfigurationError):
    default_remedy = "Correct the YAML; run `sellerops specs check`."


class CredentialsError(ConfigurationError):
    default_remedy = "Renew the account's Airflow connection, then clear the task."


class LoginRefused(CredentialsError):
    pass


class FormError(ConfigurationError):
    default_remedy = "Correct the form and trigger the run again."


class RetryableError(SellerOpsError):
    default_remedy = "Nothing: Airflow tries again by itself."


class Throttled(RetryableError):
    default_remedy = "Nothing: the quota refills and the call is repeated."


class AmazonUnavailable(RetryableError):
    pass


class LedgerUnavailable(RetryableError):
    default_remedy = "Start Postgres or correct the connection; Airflow then tries again by itself."


class DocumentExpired(RetryableError):
    default_remedy = "Nothing: a fresh address is asked for."


class DocumentDamaged(RetryableError):
    default_remedy = "Nothing: the document is downloaded again."


class TableInUse(RetryableError):
    pass


class GiveUpError(SellerOpsError):
    default_remedy = "Look at the cause, then clear the task to repeat this slice."


class ReportFatal(GiveUpError):
    default_remedy = "Read Amazon's reason above; clear the task to ask for a new report."


class RequestRefused(GiveUpError):
    pass


class UnexpectedAnswer(GiveUpError):
    pass


class UnreadableDocument(GiveUpError):
    default_remedy = "The document is kept in the archive: correct the spec, then clear the load task."


class ArchiveDamaged(UnreadableDocument):
    default_remedy = (
        "Clear the slice's load task: it downloads the document again while Amazon serves it. "
        "Or restore the file from a backup."
    )


class LimitExceeded(UnreadableDocument):
    """``limit``, in the details, names the constant of ``sellerops.base.limits``."""

    default_remedy = (
        "Compare the document with Seller Central. If Amazon's data really need more, raise the limit in "
        "include/sellerops/base/limits.py, then clear the task."
    )


class NotTheReport(UnreadableDocument):
    default_remedy = (
        "Read Amazon's words. To request the report again, clear `fetch_report` of the slice with its "
        "downstream tasks once `request.fresh_for` of the spec is over; until then the same document is used."
    )


class CheckFailed(GiveUpError):
    default_remedy = "Nothing was stored: compare the archived document with Seller Central."


class SkipError(SellerOpsError):
    default_remedy = "Nothing."


class NothingToCollect(SkipError):
    pass


class NotPublishedYet(SkipError):
    default_remedy = "Nothing: a later run asks again; clear the task to ask now."


class Quarantined(SkipError):
    default_remedy = "Release or reject it: Required Actions in the Airflow UI, or `sellerops quarantine`."
