"""The notices about web pages: a site needs a person or refuses the credentials, or a page has changed.

There is one fault per login, or per login and page, whichever reports and tasks it stops.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, link_to

if TYPE_CHECKING:
    from sellerops.ledger.logins import BrowserJob, RequiredAction
    from sellerops.notices.messages import Failure
    from sellerops.settings.logins import Login

SITE_NAMES = {
    "seller_central": "Seller Central",
    "ads_console": "the Amazon Ads console",
    "datarova": "Datarova",
}


@dataclass(frozen=True)
class Question:
    """Where a person answers: a run of ``portal_sign_in``. ``thread_run``: the action's first run."""

    dag_id: str
    run_id: str
    thread_run: str
    url: str


@dataclass(frozen=True)
class ByHand:
    """Where a person puts a report's file. ``folder`` is empty if no report loads it from the drop folder."""

    report: str
    folder: str
    remedy: str = ""


def person_fault(login_id: str) -> str:
    """The key of the fault of a login that needs a person."""
    return f"person|{login_id}"


def page_fault(login_id: str, page: str) -> str:
    """The key of the fault of a page that has changed."""
    return f"page_changed|{login_id}|{page}"


def refusal_fault_prefix(login_id: str) -> str:
    """The prefix of the fault keys of a login whose credentials a site refuses."""
    return f"login|seller_portal|{login_id}|"


def person_notice(
    login: Login, action: RequiredAction, question: Question, *, message: str, evidence_url: str
) -> Notice:
    """A site needs a person. ``message``: what the page asks for, and what to do."""
    until = action.opened_at + login.person_timeout
    sections = [
        escape(redact(message)),
        f"Next: open the login's browser ({how_to_open(login)}), do what the page asks for, then "
        f"{link_to(question.url, 'answer here')}. Enter one-time codes in the browser only.",
        f"Downloads of {', '.join(login.accounts)} wait until {until:%Y-%m-%d %H:%M} UTC, then fail.",
    ]
    return Notice.build(
        f"person|{login.id}|{question.run_id}",
        Event.NEEDS_A_PERSON,
        f"{login.id}: {SITE_NAMES[login.site]} needs a person",
        sections,
        footer=link_to(evidence_url, "Screenshot") if evidence_url else "",
        account_ids=login.accounts,
        dag_id=question.dag_id,
        run_id=question.thread_run,
        fault_key=person_fault(login.id),
    )


def nobody_came_notice(login: Login, failures: Sequence[Failure], key: str) -> Notice:
    """Downloads failed because nobody did in time what the site asked for. ``key`` identifies the run."""
    first = failures[0]
    sections = [
        f"Cause: {escape(redact(first.cause))}",
        f"Next: {escape(redact(first.remedy))} One task is enough; scheduled runs do the rest.",
    ]
    return Notice.build(
        f"nobody_came|{login.id}|{key}",
        Event.CRITICAL_FAILURE,
        f"{login.id}: downloads failed because nobody did what {SITE_NAMES[login.site]} asked for",
        sections,
        footer=link_to(first.log_url, "Log"),
        account_ids=login.accounts,
        fault_key=person_fault(login.id),
    )


def refusal_notice(login: Login, failure: Failure, reports: Sequence[str], key: str) -> Notice:
    """The site refused the login's credentials, or its connection is incomplete.

    ``key`` identifies the run.
    """
    cause = redact(failure.cause)
    stopped = f"{len(reports)} reports stop" if len(reports) != 1 else "1 report stops"
    sections = [
        f"Cause: {escape(cause)}",
        f"Next: {escape(redact(failure.remedy))} One task is enough; scheduled runs do the rest.",
        f"Reports: {', '.join(reports)}",
    ]
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:16]
    return Notice.build(
        f"login|seller_portal|{login.id}|{key}",
        Event.CRITICAL_FAILURE,
        f"{login.id} cannot sign in to {SITE_NAMES[login.site]}: {stopped}",
        sections,
        footer=link_to(failure.log_url, "Log"),
        account_ids=login.accounts,
        fault_key=f"{refusal_fault_prefix(login.id)}{digest}",
    )


def page_changed_notice(
    job: BrowserJob, by_hand: Sequence[ByHand], *, accounts: Sequence[str], evidence_url: str, run_url: str
) -> Notice:
    """A page lacks a control. ``by_hand``: where people put its files until the page object is corrected."""
    page = job.ref.page or "sign-in"
    sections = [
        f"Cause: {escape(redact(job.error or ''))}",
        "Next: compare the screenshot with the page object in "
        "`include/sellerops/sources/seller_portal/pages/`, correct it, then clear the failed tasks.",
        *(_by_hand(each) for each in by_hand),
    ]
    links = [
        link_to(evidence_url, "Screenshot, page and trace") if evidence_url else "",
        link_to(run_url, "Run"),
    ]
    return Notice.build(
        f"page_changed|{job.id}",
        Event.NEEDS_A_PERSON,
        f"Page changed: {page} ({job.login_id})",
        sections,
        footer=" · ".join(filter(None, links)),
        account_ids=tuple(accounts),
        report=job.ref.report or "",
        fault_key=page_fault(job.login_id, page),
    )


def how_to_open(login: Login) -> str:
    """How a person reaches a login's browser: an address or a command in backticks, in Slack's mark-up."""
    if login.live_view:
        return link_to(login.live_view, "live view")
    return f"`sellerops browsers open {login.id}`"


def _by_hand(each: ByHand) -> str:
    if not each.folder:
        return f"{each.report} cannot be loaded from the drop folder yet: {each.remedy}"
    return f"Until then, download the file of {each.report} by hand and put it into `{escape(each.folder)}`."
