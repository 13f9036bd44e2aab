"""Sends the notices of web pages, one per login and fault. None of these functions raises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import LoginRefused, PageChanged, PersonNeeded
from sellerops.settings.logins import Login, load_logins
from sellerops.settings.specs import load_spec
from sellerops_airflow.notifiers import BestEffort, send_notice, send_recoveries, send_recovery
from sellerops_airflow.runs.by_hand import ways_by_hand
from sellerops_airflow.runs.dag_specs import family_of_dag
from sellerops_airflow.runs.portal_dags import ASK_TASK, CANARY_DAG, SIGN_IN_DAG, SOURCE, reports_of_login
from sellerops_airflow.runs.urls import evidence_url, required_action_url, run_url

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.logins import BrowserJob, JobState, RequiredAction
    from sellerops.notices import Failure, RunOutcome

# More than any run has.
_MOST_JOBS = 5_000


def send_person_notice(
    ledger: Ledger, login: Login, action: RequiredAction, run_id: str, thread_run: str, message: str
) -> None:
    """Send the notice that a site needs a person, who answers in run ``run_id`` of ``portal_sign_in``."""
    from sellerops.notices.portal import Question, person_notice

    with BestEffort(f"notice that {login.id} needs a person"):
        url = required_action_url(SIGN_IN_DAG, run_id, ASK_TASK)
        question = Question(SIGN_IN_DAG, run_id, thread_run, url)
        evidence = action_evidence_url(ledger, action)
        send_notice(ledger, person_notice(login, action, question, message=message, evidence_url=evidence))


def send_person_recovery(ledger: Ledger, login: Login, by: str) -> None:
    """Send the recovery of a login that signs in again."""
    from sellerops.notices.portal import person_fault

    text = "Waiting downloads continue." + (f" {by} did what the site asked for." if by else "")
    send_recovery(ledger, person_fault(login.id), text, headline=f"{login.id} is signed in again")


def send_page_notices(ledger: Ledger, dag_id: str, run_id: str) -> bool:
    """Send the notices of pages that a run found changed, each once. Returns whether it found any."""
    from sellerops.ledger.logins import JobState
    from sellerops.notices.portal import page_changed_notice

    with BestEffort(f"notices of changed pages, {dag_id} {run_id}"):
        newest = _newest(ledger, dag_id, run_id, {JobState.PAGE_CHANGED})
        for job in newest.values():
            notice = page_changed_notice(
                job,
                ways_by_hand(job),
                accounts=[job.ref.account_id] if job.ref.account_id else (),
                evidence_url=evidence_url(job),
                run_url=run_url(dag_id, run_id),
            )
            send_notice(ledger, replace(notice, family=family_of_dag(dag_id)))
        return bool(newest)
    return False


def send_portal_failures(ledger: Ledger, outcome: RunOutcome) -> RunOutcome:
    """Send the notices of failures that belong to a login or a page; returns the outcome without them."""
    if not _is_of_portal(outcome):
        return outcome
    left: list[Failure] = []
    by_login: dict[tuple[str, str], list[Failure]] = {}
    for failure in outcome.failures:
        login = _login_of(outcome, failure)
        if failure.error_type in (LoginRefused.__name__, PersonNeeded.__name__) and login:
            by_login.setdefault((login.id, failure.error_type), []).append(failure)
        elif failure.error_type != PageChanged.__name__ or not send_page_notices(
            ledger, outcome.dag_id, outcome.run_id
        ):
            left.append(failure)
    for (login_id, error_type), failures in by_login.items():
        with BestEffort(f"notice of {error_type} of login {login_id}"):
            _send_login_failure(ledger, outcome, load_logins().by_id[login_id], failures)
    return replace(outcome, failures=tuple(left))


def send_portal_recoveries(ledger: Ledger, outcome: RunOutcome) -> set[Any]:
    """Close the faults of logins and pages that this run's browser jobs show to be over. Returns who is
    notified.

    The canary does not close the fault of a page whose newest download failed, because it checks less than
    a download does.
    """
    from sellerops.ledger.logins import JobState
    from sellerops.notices.portal import page_fault, person_fault, refusal_fault_prefix

    notified: set[Any] = set()
    if not _is_of_portal(outcome):
        return notified
    with BestEffort(f"recoveries of web pages, {outcome.dag_id} {outcome.run_id}"):
        worked = _newest(ledger, outcome.dag_id, outcome.run_id, {JobState.DONE, JobState.WAITING})
        failed = _newest(ledger, outcome.dag_id, outcome.run_id, {JobState.PAGE_CHANGED})
        for login_id in sorted({login_id for login_id, _ in worked}):
            for key in (person_fault(login_id), refusal_fault_prefix(login_id)):
                notified |= _close(ledger, key, f"{login_id} is signed in again")
        for (login_id, page), job in worked.items():
            again = failed.get((login_id, page))
            if (again is None or again.id < job.id) and not _downloads_fail(ledger, job):
                notified |= _close(ledger, page_fault(login_id, page), f"{page} works again ({login_id})")
    return notified


def action_evidence_url(ledger: Ledger, action: RequiredAction) -> str:
    """The address of the page with the screenshot of what a site asks for; empty without one."""
    from sellerops.ledger.login_locks import find_job

    job = find_job(ledger, action.job_id) if action.job_id else None
    return evidence_url(job) if job else ""


def _send_login_failure(
    ledger: Ledger, outcome: RunOutcome, login: Login, failures: Sequence[Failure]
) -> None:
    from sellerops.notices.portal import nobody_came_notice, refusal_notice

    key = f"{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}"
    if failures[0].error_type == PersonNeeded.__name__:
        send_notice(ledger, nobody_came_notice(login, failures, key))
    else:
        send_notice(ledger, refusal_notice(login, failures[0], reports_of_login(login), key))


def _close(ledger: Ledger, key: str, headline: str) -> set[Any]:
    """Close the fault with this key or, if it ends in ``|``, those that begin with it."""
    from sellerops.ledger.notices import open_faults

    with ledger.connection() as connection:
        found = open_faults(connection, key)
    ids = [each.id for each in found if key.endswith("|") or each.fault_key == key]
    return send_recoveries(ledger, ids, headline=headline)


def _newest(
    ledger: Ledger, dag_id: str, run_id: str, states: Collection[JobState]
) -> dict[tuple[str, str], BrowserJob]:
    """The run's newest browser job in one of these states, by login and page."""
    from sellerops.ledger.login_locks import jobs

    found = jobs(ledger, dag_id=dag_id, run_id=run_id, states=states, limit=_MOST_JOBS)
    return {(each.login_id, each.ref.page or ""): each for each in reversed(found)}


def _downloads_fail(ledger: Ledger, job: BrowserJob) -> bool:
    """Whether the newest download from the page of a canary's job found it changed."""
    from sellerops.ledger.login_locks import jobs
    from sellerops.ledger.logins import JobState

    if job.ref.purpose == "download":
        return False
    states = {JobState.PAGE_CHANGED, JobState.DONE, JobState.WAITING}
    found = jobs(ledger, login_id=job.login_id, states=states, limit=_MOST_JOBS)
    newest = next((e for e in found if e.ref.purpose == "download" and e.ref.page == job.ref.page), None)
    return newest is not None and newest.state is JobState.PAGE_CHANGED


def _is_of_portal(outcome: RunOutcome) -> bool:
    return outcome.source == SOURCE or outcome.dag_id in (CANARY_DAG, SIGN_IN_DAG)


def _login_of(outcome: RunOutcome, failure: Failure) -> Login | None:
    """The login that a failed task used; None if the configuration no longer has it."""
    logins = load_logins()
    if outcome.source != SOURCE:
        return logins.by_id.get(failure.step.partition(".")[0])
    with BestEffort(f"login of {outcome.dag_id}"):
        return logins.for_report(failure.account_id, load_spec(outcome.dag_id).request.login or "")
    return None
