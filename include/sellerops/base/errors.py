"""The whole error tree on one screen, typed by remedy.

SellerOpsError
+-- ConfigurationError        a file or connection is wrong: correct it, then clear the task
|   +-- SpecError             a report YAML is invalid (names file and key)
|   +-- FormError             a run's trigger form is invalid: correct it and trigger again
|   |   +-- InvalidRequest    an inbound request is invalid: carries all its problems
|   +-- InvalidRows           rows of reference data are invalid: carries all their problems
|   +-- BrowserMissing        no Chromium is installed where the task runs
|   +-- CredentialsError      Amazon refuses the account's credentials or role
|       +-- LoginRefused      the account cannot log in: every report that uses the connection fails
+-- RetryableError            the same call may succeed later: Airflow retries automatically
|   +-- Throttled             a quota is exhausted; carries the wait
|   +-- AmazonUnavailable     5xx, time-outs, gateway pages, dropped connections
|   +-- AnswerLost            a call may have taken effect: the next try checks before sending it again
|   +-- LedgerUnavailable     the ledger's database cannot be reached, or does not answer
|   +-- DocumentExpired       the presigned URL expired before the download finished
|   +-- DocumentDamaged       the download is truncated, mislabelled or not a document
|   +-- LoginBusy             another job uses the login's browser; names that job
|   +-- BrowserUnavailable    the login's browser crashed, cannot be reached or exceeded its limits
|   +-- WrongFile             a page provided a file other than the requested one
|   +-- TableInUse            other sessions hold a table whose structure must change
+-- GiveUpError               retrying cannot help: a person must look
|   +-- PersonNeeded          a page asks for what only a person may do; carries the required action
|   +-- PermissionMissing     a login's user may not see a page or a store
|   +-- PageChanged           a page no longer has a control that its page object uses; names both
|   +-- ReportFatal           Amazon aborted the report
|   +-- RequestRefused        Amazon rejects this request permanently (400, 404, ...)
|   +-- OperationFailed       Amazon's asynchronous operation failed; carries its problems verbatim
|   +-- UnexpectedAnswer      Amazon's answer breaks its own contract
|   +-- UnreadableDocument    the document does not fit its spec (missing column, wrong charset, ...)
|   |   +-- ArchiveDamaged    the archived copy is damaged or missing
|   |   +-- LimitExceeded     the document is larger, deeper or wider than we accept (limits.py)
|   |   +-- NotTheReport      the document holds a message from Amazon instead of the report
|   +-- CheckFailed           row counts do not add up; nothing was stored
+-- SkipError                 there is nothing to do, and that is correct
    +-- NothingToCollect      no data in this window, or Amazon no longer serves it
    +-- NotPublishedYet       Amazon has not published the period yet: a later run requests it
    +-- Quarantined           the numbers look implausible, so a person decides
"""

from __future__ import annotations

from typing import Any

from sellerops.base.commands import commands_as_typed


class SellerOpsError(Exception):
    """Base class of all our errors. ``where`` names the place, ``remedy`` what you do next.

    Commands in backticks are shown as the reader types them. ``details`` carries the fields (report, account,
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


class BrowserMissing(ConfigurationError):
    default_remedy = (
        "Install Chromium where browser tasks run (Debian: `apt-get install chromium`), then clear the task."
    )


class CredentialsError(ConfigurationError):
    default_remedy = "Renew the account's Airflow connection, then clear the task."


class LoginRefused(CredentialsError):
    pass


class FormError(ConfigurationError):
    default_remedy = "Correct the form and trigger the run again."


class InvalidRequest(FormError):
    """``details["problems"]``: place, cause and remedy of each."""


class InvalidRows(ConfigurationError):
    """``details["problems"]``: place, cause and remedy of each."""

    default_remedy = "Correct the rows, then import them again."


class RetryableError(SellerOpsError):
    default_remedy = "Nothing: Airflow retries automatically."


class Throttled(RetryableError):
    default_remedy = "Nothing: the call is retried once the quota has refilled."


class AmazonUnavailable(RetryableError):
    pass


class AnswerLost(RetryableError):
    default_remedy = (
        "Nothing: the next try checks whether Amazon carried it out, and sends it again only if not."
    )


class LedgerUnavailable(RetryableError):
    default_remedy = "Start Postgres or correct the connection; Airflow then retries automatically."


class DocumentExpired(RetryableError):
    default_remedy = "Nothing: the download is retried with a new URL."


class DocumentDamaged(RetryableError):
    default_remedy = "Nothing: the download is retried."


class LoginBusy(RetryableError):
    """``details["held_by"]``: the job that holds the login."""

    default_remedy = "Nothing: the task waits until the login is free."


class BrowserUnavailable(RetryableError):
    default_remedy = (
        "Nothing: Airflow retries and restarts the browser. `sellerops browsers status` shows its state."
    )


class WrongFile(RetryableError):
    default_remedy = "Nothing: the file was discarded and is requested again."


class TableInUse(RetryableError):
    pass


class GiveUpError(SellerOpsError):
    default_remedy = "Fix the cause, then clear the task to collect this slice again."


class PersonNeeded(GiveUpError):
    """``details["kind"]``: a value of ``RequiredActionKind``; ``details["evidence"]``: where the screenshot
    and the page are stored.
    """

    default_remedy = "Do what the page asks for in the login's browser, then answer the required action."


class PermissionMissing(GiveUpError):
    """``details["page"]`` and ``details["login"]``: the page, and the login that may not see it. The login's
    other pages are not affected.
    """

    default_remedy = "Grant the permission to the login's user, then clear the task."


class PageChanged(GiveUpError):
    """``details["page"]`` and ``details["control"]``: what no longer matches; ``details["evidence"]`` as
    above.
    """

    default_remedy = (
        "Compare the screenshot with the page object in include/sellerops/sources/seller_portal/pages/, "
        "correct it, then clear the task. Until then, download the file by hand and put it into the drop "
        "folder."
    )


class ReportFatal(GiveUpError):
    default_remedy = "Read Amazon's reason above, then clear the task to request a new report."


class RequestRefused(GiveUpError):
    pass


class OperationFailed(GiveUpError):
    """``details["problems"]``: Amazon's operation problems (code, message, severity, details) verbatim."""

    default_remedy = "Correct the problems that Amazon names, then clear the task."


class UnexpectedAnswer(GiveUpError):
    pass


class UnreadableDocument(GiveUpError):
    default_remedy = "The document is in the archive: correct the spec, then clear the load task."


class ArchiveDamaged(UnreadableDocument):
    default_remedy = (
        "Clear the slice's load task: it downloads the document again if Amazon still serves it. "
        "Or restore the file from a backup."
    )


class LimitExceeded(UnreadableDocument):
    """``details["limit"]`` names the constant in ``sellerops.base.limits``."""

    default_remedy = (
        "Compare the document with Seller Central. If Amazon's data really needs more, raise the limit in "
        "include/sellerops/base/limits.py, then clear the task."
    )


class NotTheReport(UnreadableDocument):
    default_remedy = (
        "Read Amazon's message. To request the report again, clear the slice's `fetch_report` and its "
        "downstream tasks once the spec's `request.fresh_for` has passed; until then the same document is "
        "used."
    )


class CheckFailed(GiveUpError):
    default_remedy = "Nothing was stored. Compare the archived document with Seller Central."


class SkipError(SellerOpsError):
    default_remedy = "Nothing."


class NothingToCollect(SkipError):
    pass


class NotPublishedYet(SkipError):
    default_remedy = "Nothing: a later run requests it. Clear the task to try now."


class Quarantined(SkipError):
    default_remedy = "Release or reject it: Required Actions in the Airflow UI, or `sellerops quarantine`."
