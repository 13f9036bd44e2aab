"""One visit is one browser job: lock, session, page object, and a row that says how it ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psutil
import pytest
from support.portal import MARK, portal_account, portal_credentials, portal_login
from support.sandbox import SandboxServer

from sellerops.base.errors import AmazonUnavailable, LoginBusy, LoginRefused, PageChanged, PersonNeeded
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.pool import Pool
from sellerops.ledger import Ledger
from sellerops.ledger.login_locks import jobs, lock_of, take_lock
from sellerops.ledger.login_refusals import refusal_of
from sellerops.ledger.logins import BrowserJob, JobRef, JobState
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal import client as client_module
from sellerops.sources.seller_portal.client import SellerPortalClient
from sellerops.sources.seller_portal.page_object import Options, PageObject
from sellerops.sources.seller_portal.portal import Portal

LOGIN = "northwind"
JOB = JobRef("download", "northwind_na", dag_id="report", run_id="run", task_id="fetch_report")


class HomePage(PageObject):
    """The local portal's home page, which lists what a test wants."""

    name = "home"
    status = ProcessingStatus.IN_PROGRESS
    before: Callable[[Portal], None] = staticmethod(lambda portal: None)

    def check(self, portal: Portal, options: Options = ()) -> None:
        portal.goto("/home")
        portal.controls.button("Settings")

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        portal.goto("/home")
        HomePage.before(portal)
        portal.controls.button("Settings")
        return [Report("1", "test", self.status, datetime.now(UTC), None)]

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        HomePage.before(portal)
        portal.controls.button("Settings")

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        return [portal.request_file("/portal-assets/kat.js", facts={"store": portal.store})]


@pytest.fixture
def client(
    portal_pool: Pool,
    portal_port: int,
    sandbox: SandboxServer,
    ledger: Ledger,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> SellerPortalClient:
    monkeypatch.setenv("SELLEROPS_BROWSERS_HOME", str(portal_pool.home))
    monkeypatch.setattr(client_module, "page_object", lambda name: HomePage())
    monkeypatch.setattr(HomePage, "before", staticmethod(lambda portal: None))
    monkeypatch.setattr(HomePage, "status", ProcessingStatus.IN_PROGRESS)
    sandbox.control("POST", "/portal", json={"challenges": []})
    return SellerPortalClient(
        portal_account(),
        portal_login(port=portal_port, id=LOGIN),
        portal_credentials(sandbox),
        ledger,
        evidence=EvidenceStore(str(tmp_path_factory.mktemp("evidence"))),
        user_agent_mark=MARK,
    )


def _wanted(country: str = "US") -> WantedFile:
    return WantedFile(portal_account(), marketplace(country), None, None)


def _last(ledger: Ledger) -> BrowserJob:
    return jobs(ledger, login_id=LOGIN)[0]


def test_states_of_jobs(client: SellerPortalClient, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting, done, page changed; the session of the first job serves the others."""
    with client.visit("home", _wanted(), JOB) as visit:
        visit.request()
        assert [each.report_id for each in visit.reports()] == ["1"]
        held = lock_of(ledger, LOGIN)
        assert held and held.held_by == JOB.label
    job = _last(ledger)
    assert (job.state, job.sign_ins, job.ref.account_id) == (JobState.WAITING, 1, "northwind_na")
    assert job.seconds and job.peak_memory_bytes and job.peak_memory_bytes > 50_000_000
    assert lock_of(ledger, LOGIN) is None

    monkeypatch.setattr(HomePage, "status", ProcessingStatus.DONE)
    with client.visit("home", _wanted("CA"), JOB) as visit:
        (report,) = visit.reports()
        (file,) = visit.download(report)
        assert b"kat-button" in file.path.read_bytes() and file.facts == {"store": "Canada"}
    assert not file.path.exists()
    job = _last(ledger)
    assert (job.state, job.sign_ins) == (JobState.DONE, 0)

    monkeypatch.setattr(HomePage, "before", staticmethod(lambda portal: portal.controls.changed("list")))
    client.check("home", JobRef("canary"))
    assert _last(ledger).state is JobState.DONE
    client.verify_sign_in(JobRef("sign_in"))
    assert (_last(ledger).state, _last(ledger).ref.purpose) == (JobState.DONE, "sign_in")


def test_ends_that_are_no_success(
    client: SellerPortalClient, ledger: Ledger, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sellerops.sources.seller_portal.controls.CONTROL_MS", 300.0)
    sandbox.faults("portal_page_drift", operation="home", options={"text": "Settings", "becomes": "Options"})
    with pytest.raises(PageChanged, match="button 'Settings'") as changed:
        client.check("home", JobRef("canary"))
    job = _last(ledger)
    assert job.state is JobState.PAGE_CHANGED and job.error and "Settings" in job.error
    assert job.evidence_uri and job.evidence_uri == changed.value.details["evidence"]
    assert changed.value.details["job_id"] == job.id

    sandbox.clear_faults()
    sandbox.control("POST", "/portal", json={"sign_out": True})
    sandbox.faults("portal_captcha", times=1)
    with pytest.raises(PersonNeeded), client.visit("home", _wanted(), JOB):
        pass
    assert (_last(ledger).state, _last(ledger).sign_ins) == (JobState.PERSON, 1)

    take_lock(ledger, LOGIN, JobRef("download", dag_id="other", run_id="r", task_id="t"), "elsewhere")
    before = len(jobs(ledger, login_id=LOGIN))
    with pytest.raises(LoginBusy, match="other, run r, t"), client.visit("home", _wanted(), JOB):
        pass
    assert len(jobs(ledger, login_id=LOGIN)) == before


def test_refused_credentials_are_remembered_for_all_jobs(
    client: SellerPortalClient, ledger: Ledger, sandbox: SandboxServer
) -> None:
    good = client._credentials
    client._credentials = portal_credentials(sandbox, password="test-wrong-password")
    for words in ("password is incorrect", "has not changed since"):
        with pytest.raises(LoginRefused, match=words), client.visit("home", _wanted(), JOB):
            pass
        assert _last(ledger).state is JobState.FAILED
    refusal = refusal_of(ledger, LOGIN)
    assert refusal and "test-wrong-password" not in str(refusal)
    client._credentials = good
    with client.visit("home", _wanted(), JOB):
        pass
    assert refusal_of(ledger, LOGIN) is None


def test_reading_survives_the_end_of_a_session_and_a_crash(
    client: SellerPortalClient, ledger: Ledger, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both once. Asking for a file is never repeated by itself."""
    with client.visit("home", _wanted(), JOB) as visit:
        sandbox.faults("portal_signed_out", operation="home", times=1)
        assert visit.reports()
        _once(monkeypatch, _kill_browser)
        assert visit.reports()
    assert (_last(ledger).state, _last(ledger).sign_ins) == (JobState.WAITING, 2)

    monkeypatch.setattr("sellerops.sources.seller_portal.controls.CONTROL_MS", 300.0)
    with client.visit("home", _wanted(), JOB) as visit:
        _once(monkeypatch, lambda portal: portal.session.goto(portal.url("/ap/signin")))
        sandbox.control("POST", "/portal", json={"sign_out": True})
        with pytest.raises(AmazonUnavailable, match="while the file was being requested"):
            visit.request()


def _once(monkeypatch: pytest.MonkeyPatch, act: Callable[[Portal], None]) -> None:
    """Let something happen in the middle of the page object's next method."""

    def before(portal: Portal) -> None:
        monkeypatch.setattr(HomePage, "before", staticmethod(lambda portal: None))
        act(portal)

    monkeypatch.setattr(HomePage, "before", staticmethod(before))


def _kill_browser(portal: Portal) -> None:
    port = portal.session.login.browser.rpartition(":")[2]
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if f"--remote-debugging-port={port}" in command and not any("--type=" in each for each in command):
            os.kill(process.pid, signal.SIGKILL)
            process.wait(30)
