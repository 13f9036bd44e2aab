"""Whoever finds that a site needs a person: one run asks, one notice says so, and everything goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import (
    AirflowSkipException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
)
from support.channels import Channels
from support.fake_runtime import SLICE, FakeRuntime, task_context
from support.portal_config import LOGINS, write_logins

from sellerops.base.errors import (
    BrowserUnavailable,
    ConfigurationError,
    LoginRefused,
    NothingToCollect,
    PageChanged,
    PermissionMissing,
    PersonNeeded,
)
from sellerops.collect import WaitFor
from sellerops.ledger import Ledger
from sellerops.ledger.login_locks import end_job, jobs, state_after, take_lock
from sellerops.ledger.logins import ActionOutcome, JobRef, JobState, RequiredAction
from sellerops.ledger.required_actions import action_of, end_action, find_action, require_person
from sellerops.notices import Failure, RunOutcome
from sellerops_airflow.notifiers.runs import send_failure_notices, send_run_recoveries
from sellerops_airflow.operators import portal_questions
from sellerops_airflow.operators.portal_download import PortalDownloadOperator
from sellerops_airflow.operators.portal_questions import DONE, GIVE_UP, AskPersonOperator, ask_person
from sellerops_airflow.operators.portal_sign_in import (
    CheckPageOperator,
    ListPagesOperator,
    VerifySignInOperator,
)
from sellerops_airflow.runtime import use_runtime

LOGIN, OTHER = "northwind_finance", "northwind_logistics"
PAYMENTS, PAGE = "report__seller_portal__payments_date_range", "payments_reports"
NEXT = [f"{LOGIN}.verify_sign_in", f"{OTHER}.verify_sign_in"]
EVIDENCE = "file:///archive/evidence/northwind_finance/7"


def captcha(words: str = "The site shows a picture. Type the characters.") -> PersonNeeded:
    return PersonNeeded(words, kind="captcha", evidence=EVIDENCE)


def changed() -> PageChanged:
    return PageChanged("The page has no usable button 'Request'.", page=PAGE, control="button 'Request'")


class ScriptedClient:
    """A login's pages: each visit is a browser job that ends as the script says."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.script, self.visited = ledger, [], []
        self.script: list[Exception | None]
        self.visited: list[str]
        self.checked: list[Any] = []

    def verify_sign_in(self, job: JobRef) -> None:
        self._visit("sign_in", job)

    def check(self, page: str, job: JobRef, options: Any = ()) -> None:
        self.checked.append(options)
        self._visit(page, job)

    def _visit(self, page: str, job: JobRef) -> None:
        self.visited.append(page)
        error = self.script.pop(0) if self.script else None
        lock = take_lock(self.ledger, LOGIN, job, "here")
        state = state_after(error) if error else JobState.DONE
        end_job(self.ledger, lock, state, error=error, evidence_uri=EVIDENCE if error else None)
        if isinstance(error, PersonNeeded):
            error.details["job_id"] = lock.job_id
        if error:
            raise error


class Runtime(FakeRuntime):
    """A real ledger and scripted pages."""

    def __init__(self, real: Ledger) -> None:
        super().__init__()
        self.real, self.client = real, ScriptedClient(real)

    @property
    def ledger(self) -> Any:
        return self.real

    def portal_client(self, account: Any, login: Any) -> Any:
        return self.client


@pytest.fixture
def runtime(ledger: Ledger, portal_config: Path, sent: Channels) -> Iterator[Runtime]:
    with use_runtime(Runtime(ledger)) as ours:
        assert isinstance(ours, Runtime)
        yield ours


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """The runs of portal_sign_in that were started; those that still run have ``runs`` true."""
    started: dict[str, dict[str, Any]] = {}

    def start(dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
        is_new = run_id not in started
        started.setdefault(run_id, {**conf, "dag": dag_id, "runs": True})
        return is_new

    def count(dag_id: str, *states: str, run_ids: list[str]) -> int:
        return sum(started[run_id]["runs"] for run_id in run_ids)

    monkeypatch.setattr(portal_questions, "start_run", start)
    monkeypatch.setattr(portal_questions, "count_runs", count)
    return started


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The questions that people see."""
    questions: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **values: questions.append(values))
    return questions


def opened(ledger: Ledger) -> RequiredAction:
    """An action of the login, from a download's job."""
    job = JobRef("download", account_id="northwind_na", dag_id=PAYMENTS, run_id="r", task_id="t", page=PAGE)
    lock = take_lock(ledger, LOGIN, job, "here")
    error = captcha()
    error.details["job_id"] = lock.job_id
    end_job(ledger, lock, JobState.PERSON, error=error, evidence_uri=EVIDENCE)
    return require_person(ledger, LOGIN, error)


def context(run_id: str, dag_id: str = "portal_sign_in", task_id: str = "ask") -> Any:
    made = task_context(dag_id=dag_id, task_id=task_id, map_index=-1)
    made["ti"].run_id = made["run_id"] = run_id
    made["task_instance"] = SimpleNamespace(id="ti")
    made["task"] = SimpleNamespace(downstream_task_ids=set(NEXT))
    return made


def answer(option: str | None) -> dict[str, Any]:
    if option is None:
        return {"error_type": "timeout", "error": "nobody"}
    user = {"id": "1", "name": "ada"}
    return {"chosen_options": [option], "params_input": {}, "responded_by_user": user}


def ask(action: RequiredAction, message: str = "") -> AskPersonOperator:
    return AskPersonOperator(task_id="ask", login_id=LOGIN, action_id=str(action.id), message=message)


def verify(action: RequiredAction) -> VerifySignInOperator:
    return VerifySignInOperator(task_id="v", login_id=LOGIN, action_id=str(action.id), by="ada")


# -- asking


def test_one_run_asks_and_one_notice_says_so_whichever_tasks_wait(
    runtime: Runtime, runs: dict[str, Any], sent: Channels
) -> None:
    action = opened(runtime.real)
    runtime.fake_collector.steps = [WaitFor((1,), "a person")] * 3
    for _ in range(3):
        task = PortalDownloadOperator(
            task_id="fetch_report", report=PAYMENTS, account_id="northwind_na", slice_=SLICE.to_dict()
        )
        with pytest.raises(TaskDeferred):
            task.execute(task_context(dag_id=PAYMENTS))
    run_id = f"{LOGIN}__{action.id}"
    assert list(runs) == [run_id]
    assert runs[run_id]["dag"] == "portal_sign_in" and runs[run_id]["login"] == LOGIN
    texts = [text for text in sent.texts if "needs a person" in text]
    assert len(texts) == len({each.target for each in sent.messages})
    for words in (
        "northwind_finance: Seller Central needs a person",
        "Type the characters",
        "https://browsers.example.com/finance",
        f"/dags/portal_sign_in/runs/{run_id}/tasks/ask/required_actions",
        f"/dags/{PAYMENTS}/evidence/{action.job_id}",
        "northwind_na",
    ):
        assert words in texts[0], words


def test_a_run_that_ended_without_an_answer_is_followed_by_another(
    runtime: Runtime, runs: dict[str, Any]
) -> None:
    action = opened(runtime.real)
    login = runtime.login_by_id(LOGIN)
    first = ask_person(task_context(dag_id=PAYMENTS), login, action)
    runs[first]["runs"] = False
    assert ask_person(task_context(dag_id=PAYMENTS), login, action) == f"{first}__2"
    assert ask_person(task_context(dag_id=PAYMENTS), login, action) == f"{first}__2"


def test_the_question_is_for_people(runtime: Runtime, shown: list[Any], sent: Channels) -> None:
    action = opened(runtime.real)
    with pytest.raises(TaskAwaitingInput) as waiting:
        ask(action).execute(context(f"{LOGIN}__{action.id}"))
    (question,) = shown
    assert question["subject"] == "northwind_finance: Seller Central needs a person"
    assert question["options"] == [DONE, GIVE_UP]
    for words in (
        "**northwind_na**",
        "Type the characters",
        "[Open the browser](https://browsers.example.com/finance)",
        f"/sellerops/dags/{PAYMENTS}/evidence/{action.job_id})",
        "never here",
        "asked again",
    ):
        assert words in question["body"], words
    assert waiting.value.timeout is not None and 23 < waiting.value.timeout.total_seconds() / 3600 <= 24
    # Nobody was told yet, if the process that found it died before it could.
    assert any("needs a person" in text for text in sent.texts)


def test_without_a_live_view_it_names_the_command(runtime: Runtime) -> None:
    action = opened(runtime.real)
    text = portal_questions.describe(runtime.login_by_id(OTHER), action, "", "")
    assert f"sellerops browsers open {OTHER}`" in text and "Screenshot" not in text


@pytest.mark.parametrize(
    ("option", "outcome"), [(GIVE_UP, ActionOutcome.GIVEN_UP), (None, ActionOutcome.TIMED_OUT), (DONE, None)]
)
def test_answers(runtime: Runtime, option: str | None, outcome: ActionOutcome | None) -> None:
    action = opened(runtime.real)
    made = context(f"{LOGIN}__{action.id}")
    with pytest.raises((DownstreamTasksSkipped, AirflowSkipException)) as ended:
        ask(action).execute_complete(made, answer(option))
    found = find_action(runtime.real, action.id)
    assert found and found.outcome is outcome
    if option == DONE:
        # Only the login's own task follows, and it knows who answered.
        assert isinstance(ended.value, DownstreamTasksSkipped)
        assert list(ended.value.tasks) == [f"{OTHER}.verify_sign_in"]
        assert made["ti"].pushed == {"answered_by": "ada"}
    if option == GIVE_UP:
        assert isinstance(ended.value, DownstreamTasksSkipped)
        assert list(ended.value.tasks) == NEXT


def test_an_action_that_has_ended_asks_nobody(runtime: Runtime, shown: list[Any]) -> None:
    action = opened(runtime.real)
    end_action(runtime.real, action.id, ActionOutcome.TIMED_OUT)
    with pytest.raises(AirflowSkipException, match="timed_out"):
        ask(action).execute(context("x"))
    without = AskPersonOperator(task_id="ask", login_id=LOGIN, action_id="")
    with pytest.raises(DownstreamTasksSkipped) as ended:
        without.execute(context("x"))
    assert list(ended.value.tasks) == [f"{OTHER}.verify_sign_in"]
    assert shown == []


# -- checking the sign-in


def test_a_sign_in_that_works_ends_the_action_and_says_so(
    runtime: Runtime, runs: dict[str, Any], sent: Channels
) -> None:
    action = opened(runtime.real)
    ask_person(task_context(dag_id=PAYMENTS), runtime.login_by_id(LOGIN), action)
    verify(action).execute(context(f"{LOGIN}__{action.id}", task_id=NEXT[0]))
    found = find_action(runtime.real, action.id)
    assert found and found.outcome is ActionOutcome.RESUMED
    recovery = [text for text in sent.texts if "is signed in again" in text]
    assert recovery and "ada did what the site asked for" in recovery[0]


def test_a_page_that_still_asks_is_asked_about_in_a_new_run(
    runtime: Runtime, runs: dict[str, Any], sent: Channels
) -> None:
    action = opened(runtime.real)
    first = ask_person(task_context(dag_id=PAYMENTS), runtime.login_by_id(LOGIN), action)
    before = len(sent.texts)
    runtime.client.script = [captcha("The site sends a code to a phone.")]
    with pytest.raises(AirflowSkipException, match=f"{first}__2"):
        verify(action).execute(context(first, task_id=NEXT[0]))
    # Its run is still under way, and is no reason not to ask.
    assert runs[f"{first}__2"]["message"] == "The site sends a code to a phone."
    open_now = action_of(runtime.real, LOGIN)
    assert open_now and open_now.id == action.id
    assert any("sends a code to a phone" in text for text in sent.texts[before:])


@pytest.mark.parametrize("error", [LoginRefused("The password is incorrect."), changed()])
def test_another_lasting_error_ends_the_waiting_too(runtime: Runtime, error: Exception) -> None:
    action = opened(runtime.real)
    runtime.client.script = [error]
    with pytest.raises(type(error)):
        verify(action).execute(context("x", task_id=NEXT[0]))
    assert action_of(runtime.real, LOGIN) is None


def test_a_sign_in_that_cannot_be_checked_is_asked_about_again(
    runtime: Runtime, runs: dict[str, Any]
) -> None:
    """By the last try: until then the task asks the site again by itself."""
    action = opened(runtime.real)
    first = ask_person(task_context(dag_id=PAYMENTS), runtime.login_by_id(LOGIN), action)
    for last, asked in ((False, [first]), (True, [first, f"{first}__2"])):
        runtime.client.script = [BrowserUnavailable("the browser cannot be reached.")]
        made = context(first, task_id=NEXT[0])
        made["ti"].try_number = made["ti"].max_tries + 1 if last else 1
        with pytest.raises(BrowserUnavailable):
            verify(action).execute(made)
        assert list(runs) == asked
        assert action_of(runtime.real, LOGIN) == action, "downloads still wait"
    assert "browser cannot be reached" in runs[f"{first}__2"]["message"]


def test_switched_off_a_sign_in_is_not_checked(runtime: Runtime, portal_config: Path) -> None:
    action = opened(runtime.real)
    write_logins(portal_config, LOGINS, enabled=False)
    with pytest.raises(ConfigurationError, match="switched off"):
        verify(action).execute(context("x", task_id=NEXT[0]))
    assert runtime.client.visited == []
    with pytest.raises(AirflowSkipException, match="switched off"):
        check().execute(context("c", "portal_canary", f"{LOGIN}.check_page"))
    with pytest.raises(ConfigurationError, match="switched off"):
        runtime.login(PAYMENTS, "northwind_na")


# -- the canary


def check() -> CheckPageOperator:
    page = {"page": PAGE, "account_id": "northwind_na", "label": PAGE}
    return CheckPageOperator(task_id="check_page", login_id=LOGIN, page=page)


def test_the_canary_looks_at_the_pages_that_reports_use(runtime: Runtime) -> None:
    listed = ListPagesOperator(task_id="l", login_id=LOGIN).execute(context("c", "portal_canary"))
    options = [{"type": "SELLER_TRANSACTION_DATE_RANGE"}]
    assert listed == [{"page": PAGE, "account_id": "northwind_na", "label": PAGE, "options": options}]
    CheckPageOperator(task_id="check_page", login_id=LOGIN, page=listed[0]).execute(
        context("c", "portal_canary", f"{LOGIN}.check_page")
    )
    assert (runtime.client.visited, runtime.client.checked) == ([PAGE], [options])


def test_a_page_that_the_user_may_not_see_fails_its_look_alone(runtime: Runtime) -> None:
    """Nobody can do anything in the browser, so no person is asked, and the login's downloads go on."""
    runtime.client.script = [PermissionMissing("The login's user may not see this page.")]
    with pytest.raises(PermissionMissing):
        check().execute(context("c", "portal_canary", f"{LOGIN}.check_page"))
    assert action_of(runtime.real, LOGIN) is None


def test_a_store_without_the_page_is_skipped(runtime: Runtime) -> None:
    runtime.client.script = [NothingToCollect("Brand Analytics has no page for Ireland.")]
    with pytest.raises(AirflowSkipException, match="no page for Ireland"):
        check().execute(context("c", "portal_canary", f"{LOGIN}.check_page"))
    assert jobs(runtime.real, login_id=LOGIN)[0].state is JobState.DONE


def test_a_changed_page_is_one_notice_with_control_evidence_and_what_to_do(
    runtime: Runtime, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SELLEROPS_DROP_FOLDER_URI", "s3://bucket/dropped")
    runtime.client.script = [changed()]
    with pytest.raises(PageChanged):
        check().execute(context("c1", "portal_canary", f"{LOGIN}.check_page"))
    # The failure callback of the same run adds none, nor does the next run.
    send_failure_notices(runtime.real, outcome("portal_canary", "c1", PageChanged))
    runtime.client.script = [changed()]
    with pytest.raises(PageChanged):
        check().execute(context("c2", "portal_canary", f"{LOGIN}.check_page"))
    send_failure_notices(runtime.real, outcome("portal_canary", "c2", PageChanged))
    texts = set(sent.texts)
    assert len(texts) == 1
    (text,) = texts
    for words in (
        f"Page changed: {PAGE} ({LOGIN})",
        "no usable button 'Request'",
        "/dags/portal_canary/evidence/1",
        "s3://bucket/dropped/northwind_na/dropped_payments_date_range/&lt;marketplace",
    ):
        assert words in text, words
    check().execute(context("c3", "portal_canary", f"{LOGIN}.check_page"))
    send_run_recoveries(runtime.real, outcome("portal_canary", "c3"))
    assert any("works again" in each for each in sent.texts)


def test_a_download_names_the_folder_of_its_store(
    runtime: Runtime, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SELLEROPS_DROP_FOLDER_URI", "/srv/dropped/")
    ref = JobRef(
        *("download", "northwind_na", "A2EUQ1WTGCTBG2", "payments_date_range", PAGE),
        dag_id=PAYMENTS,
        run_id="r",
        task_id="t",
    )
    runtime.client.script = [changed()]
    with pytest.raises(PageChanged):
        runtime.client._visit(PAGE, ref)
    send_failure_notices(runtime.real, outcome(PAYMENTS, "r", PageChanged))
    assert "`/srv/dropped/northwind_na/dropped_payments_date_range/CA/`." in sent.texts[0]


def test_a_look_does_not_close_what_a_download_found(runtime: Runtime, sent: Channels) -> None:
    job = JobRef("download", account_id="northwind_na", page=PAGE, dag_id=PAYMENTS, run_id="r", task_id="t")
    runtime.client.script = [changed()]
    with pytest.raises(PageChanged):
        runtime.client._visit(PAGE, job)
    send_failure_notices(runtime.real, outcome(PAYMENTS, "r", PageChanged))
    check().execute(context("c", "portal_canary", f"{LOGIN}.check_page"))
    send_run_recoveries(runtime.real, outcome("portal_canary", "c"))
    assert not any("works again" in each for each in sent.texts)
    runtime.client._visit(PAGE, JobRef("download", page=PAGE, dag_id=PAYMENTS, run_id="r2", task_id="t"))
    send_run_recoveries(runtime.real, outcome(PAYMENTS, "r2"))
    assert any("works again" in each for each in sent.texts)


def test_a_person_is_asked_once_by_the_canary_too(runtime: Runtime, runs: dict[str, Any]) -> None:
    runtime.client.script = [captcha()]
    for run_id in ("c1", "c2"):
        with pytest.raises(AirflowSkipException, match="portal_sign_in"):
            check().execute(context(run_id, "portal_canary", f"{LOGIN}.check_page"))
    assert len(runs) == 1
    assert runtime.client.visited == [PAGE]  # the second look waits for the person


# -- failed runs


def outcome(dag_id: str, run_id: str, *errors: type[Exception]) -> RunOutcome:
    """A run; one task of each error, of the login's account."""
    is_report = dag_id == PAYMENTS
    failures = tuple(
        Failure(
            account_id="northwind_na" if is_report else "",
            label="US 2026-11-20",
            step="fetch_report" if is_report else f"{LOGIN}.check_page",
            error_type=error.__name__,
            cause=f"{error.__name__} it is.",
            remedy="Do something.",
            log_url="http://log",
        )
        for error in errors
    )
    source = "seller_portal" if is_report else ""
    report = dag_id.rpartition("__")[2]
    return RunOutcome(report, dag_id, run_id, "http://run", failures, 0, source=source)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PersonNeeded, "nobody did what Seller Central asked for"),
        (LoginRefused, "northwind_finance cannot sign in to Seller Central: 1 report stops"),
    ],
)
def test_failures_of_a_login_are_one_notice(
    runtime: Runtime, sent: Channels, error: type[Exception], words: str
) -> None:
    for run_id in ("r1", "r2"):
        send_failure_notices(runtime.real, outcome(PAYMENTS, run_id, error, error, error))
    texts = set(sent.texts)
    assert len(texts) == 1 and words in texts.pop()
    # Other causes are told as ever.
    send_failure_notices(runtime.real, outcome(PAYMENTS, "r3", error, ValueError))
    assert any("ValueError it is" in text for text in sent.texts)
    # Any job of the login that works is the end of it.
    runtime.client._visit(PAGE, JobRef("download", page=PAGE, dag_id=PAYMENTS, run_id="r4", task_id="t"))
    send_run_recoveries(runtime.real, outcome(PAYMENTS, "r4"))
    assert any("is signed in again" in text for text in sent.texts)


def test_a_changed_page_without_a_job_is_told_as_any_failure(runtime: Runtime, sent: Channels) -> None:
    send_failure_notices(runtime.real, outcome(PAYMENTS, "r", PageChanged))
    assert any("PageChanged it is" in text for text in sent.texts)
