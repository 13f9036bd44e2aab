"""One job in a real browser: files, cookies, crashes, limits; nothing is left behind."""

import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

import psutil
import pytest
from playwright.sync_api import sync_playwright
from support.browsers import MARK, failure_of, job, make_login, needs_chromium, processes_of, running_pool

from sellerops.base.errors import AmazonUnavailable, BrowserUnavailable, PersonNeeded
from sellerops.browsers.bounds import Pace
from sellerops.browsers.devtools import list_tabs, numeric_address, open_tab
from sellerops.browsers.process_tree import kill_renderers, kill_tree, wait_until_ended
from sellerops_runtime.home import PROJECT_ROOT as ROOT

# The watch of these tests looks often and does not wait for what hangs.
IMPATIENT = Pace(beat=0.0, look=0.1, step=0.5, again=3.0)


@pytest.fixture(scope="module")
def login():
    return make_login("logistics")


def sign_in(session, site):
    with session.private():
        session.goto(f"{site.url}/signin")
        session.page.fill("#user", "maria@example.com")
        session.page.click("#go")
        session.page.wait_for_url("**/home")


def processes(pool, login):
    return pool.look(login, MARK).process


def test_a_job_gets_its_files_and_leaves_nothing_but_its_sign_in(pool, login, site, evidence):
    with job(pool, login, evidence, job_id=41) as session:
        sign_in(session, site)
        clicked = session.download_from(lambda: session.page.click("#file"))
        again = session.download_from(lambda: session.page.click("#file"))
        got = session.request_file("/file/other.csv?id=7")
        posted = session.request_file(f"{site.url}/posted", "POST", {"year": "2026", "month": "11"})
        tab = session.page_from(lambda: session.page.click("#tab"))
        in_tab = session.download_from(lambda: tab.click("#file"), page=tab)
        assert [clicked.name, got.name, posted.name, in_tab.name] == [
            "report.csv",
            "other.csv",
            "posted.csv",
            "tab.csv",
        ]
        assert clicked.path != again.path
        assert clicked.path.read_bytes() == b"content of report.csv /file/report.csv"
        assert got.path.read_bytes() == b"content of other.csv /file/other.csv?id=7"
        assert posted.path.read_bytes() == b"{'year': ['2026'], 'month': ['11']}"
        assert (got.status, got.media_type) == (200, "text/csv")
        folder = session.downloads
        assert folder == pool.home / "downloads" / "logistics" / "41"
    assert not folder.exists()
    assert [tab.url for tab in list_tabs(login.browser)] == ["about:blank"]
    assert session.peak_memory > 50 << 20
    agents = {agent for _, _, agent in site.requests}
    assert len(agents) == 1
    assert MARK in agents.pop()
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/home")
        assert session.page.title() == "Home"
        assert "HeadlessChrome" in session.page.evaluate("navigator.userAgent")
    assert not evidence.exists()


def test_a_browser_asks_nobody_but_the_pages_it_opens(tmp_path, monkeypatch, site, evidence):
    """Chromium asks Google for updates in its first second, unless it is told not to."""
    with recording_proxy() as (address, asked), running_pool(tmp_path) as own:
        for name, value in {"http_proxy": address, "https_proxy": address, "no_proxy": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        login = make_login("silent")
        with job(own, login, evidence) as session:
            sign_in(session, site)
            with pytest.raises(AmazonUnavailable):
                session.goto("http://pages.example/")
    assert asked == ["GET http://pages.example/ HTTP/1.1"]


@contextmanager
def recording_proxy():
    """A proxy that refuses everything but loopback, which no browser asks a proxy for; what it was asked."""
    asked = []

    class Refusal(BaseRequestHandler):
        def handle(self):
            if not (said := self.request.recv(4096)):
                return  # a connection that the browser opened in advance
            asked.append(said.decode("latin-1").split("\r\n")[0])
            self.request.sendall(b"HTTP/1.1 502 Refused\r\nContent-Length: 0\r\n\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_a_page_that_asks_for_a_person_stays_open_for_that_person(pool, login, site, evidence):
    """As it was, although its evidence is masked; the next job closes it."""

    def ask(session):
        sign_in(session, site)
        session.page.evaluate(
            "document.body.append(Object.assign(document.createElement('p'), "
            "{textContent: 'Maria Lindqvist, type the characters', title: 'Maria'}))"
        )
        raise PersonNeeded("Type the characters.", kind="captcha")

    failure_of(pool, login, evidence, ask)
    (left,) = [tab for tab in list_tabs(login.browser) if tab.url != "about:blank"]
    assert left.url == f"{site.url}/home"
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(numeric_address(login.browser))
        (page,) = [each for each in browser.contexts[0].pages if each.url == left.url]
        assert page.locator("p[title=Maria]").inner_text() == "Maria Lindqvist, type the characters"
        browser.close()
    assert any(path.name == "screenshot.png" for path in evidence.rglob("*"))
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/home")
    assert [tab.url for tab in list_tabs(login.browser)] == ["about:blank"]


def test_a_site_that_is_away_or_broken_is_named_as_such(pool, login, site, evidence):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        error = failure_of(pool, login, evidence, lambda session: session.goto(address))
    assert isinstance(error, AmazonUnavailable)
    assert "ERR_CONNECTION_REFUSED" in str(error)
    error = failure_of(pool, login, evidence, lambda session: session.goto(f"{site.url}/broken"))
    assert isinstance(error, AmazonUnavailable)
    assert "503" in str(error)
    assert error.details["evidence"].endswith("/logistics/1")


def test_a_killed_browser_is_restarted_and_still_signed_in(pool, login, site, evidence):
    """Chromium itself loses the cookies of its last half minute; a container leaves its profile locked."""
    with job(pool, login, evidence) as session:
        sign_in(session, site)
    kill_tree(processes(pool, login))
    profile = pool.profile(login.id)
    for name in ("SingletonLock", "SingletonCookie"):
        (profile / name).unlink(missing_ok=True)
        (profile / name).symlink_to("another-container-1234")
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/home")
        assert session.page.title() == "Home"
    assert (profile / "cookies.json").stat().st_mode & 0o777 == 0o600


def test_a_browser_killed_in_a_download_fails_the_job_and_not_the_next(pool, login, site, evidence):
    def kill():
        assert site.slow_started.wait(60)
        kill_tree(processes(pool, login))

    with job(pool, login, evidence) as session:
        sign_in(session, site)
    killer = threading.Thread(target=kill)
    killer.start()

    def download(session):
        session.goto(f"{site.url}/home")
        session.download_from(lambda: session.page.click("#slow"))

    error = failure_of(pool, login, evidence, download, job_id=2)
    assert isinstance(error, BrowserUnavailable)
    killer.join()
    assert not processes_of(pool.home)
    with job(pool, login, evidence, job_id=3) as session:
        session.goto(f"{site.url}/home")
        assert session.download_from(lambda: session.page.click("#file")).name == "report.csv"
    assert list((pool.home / "downloads" / login.id).glob("*")) == []
    assert len([each for each in processes_of(pool.home) if is_main(each)]) == 1


def test_a_killed_worker_leaves_a_browser_that_the_next_job_can_use(pool, login, site, evidence):
    """No driver process, page or download of it stays."""
    address = f"{site.url}/signin"
    worker = subprocess.Popen(
        [sys.executable, "-m", "support.browser_worker", str(pool.home), login.model_dump_json(), address],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT / "tests")])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout.readline() == "ready\n"
    below = [
        each for each in psutil.Process(worker.pid).children(recursive=True) if "chrom" not in each.name()
    ]
    assert below, "Playwright's driver"
    browser = processes(pool, login)
    worker.kill()
    worker.wait()
    assert wait_until_ended(below, 60)
    assert address in [tab.url for tab in list_tabs(login.browser)]
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/signin?next")
        assert [tab.url for tab in list_tabs(login.browser)].count(address) == 0
        assert not (pool.downloads(login.id) / "77").exists()
    assert [tab.url for tab in list_tabs(login.browser)] == ["about:blank"]
    assert browser is None or browser == processes(pool, login)


def is_main(process):
    return not any(word.startswith("--type=") for word in process.cmdline())


def test_a_page_that_crashes_once_is_loaded_again(pool, login, site, evidence):
    crashes = []

    def crash():
        if not crashes:
            crashes.append(kill_renderers(processes(pool, login)))

    site.hooks["/signin"] = crash
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/signin?crash")
        assert session.page.title() == "Sign in"
        with pytest.raises(BrowserUnavailable, match="again"):
            session.reconnect()
    assert crashes[0] >= 1


def test_a_page_that_never_ends_and_one_that_takes_all_memory_are_stopped(pool, login, site, evidence):
    def hang(session):
        session.goto(f"{site.url}/hang")
        session.page.wait_for_timeout(100)
        session.page.evaluate("1")

    short = login.model_copy(update={"job_timeout": login.job_timeout / 300})
    error = failure_of(pool, short, evidence, hang, pace=IMPATIENT)
    assert isinstance(error, BrowserUnavailable)
    assert "longer than 2 s" in str(error)
    assert error.details["limit"] == "time"

    def fill(session):
        session.goto(f"{site.url}/memory")
        session.page.wait_for_selector("#never", timeout=120_000)

    small = login.model_copy(update={"memory_limit_mb": 900})
    error = failure_of(pool, small, evidence, fill, pace=IMPATIENT)
    assert isinstance(error, BrowserUnavailable)
    assert "the limit is 900 MB" in str(error)
    assert error.details["limit"] == "memory"
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/signin")
        assert session.page.title() == "Sign in"
    assert [tab.url for tab in list_tabs(login.browser)] == ["about:blank"]


def test_a_job_that_lost_its_lock_ends_and_leaves_the_other_jobs_page_alone(pool, login, site, evidence):
    taken = threading.Event()

    def lose(session):
        session.goto(f"{site.url}/signin")
        open_tab(login.browser, f"{site.url}/signin?other")  # as the new holder does
        taken.set()
        session.page.wait_for_selector("#never", timeout=120_000)

    error = failure_of(pool, login, evidence, lose, is_held=lambda: not taken.is_set(), pace=IMPATIENT)
    assert isinstance(error, BrowserUnavailable)
    assert "taken over the login" in str(error)
    assert error.details["limit"] == "lock"
    left = [tab.url for tab in list_tabs(login.browser)]
    assert f"{site.url}/signin?other" in left
    assert f"{site.url}/signin" not in left
    with job(pool, login, evidence):
        pass
    assert [tab.url for tab in list_tabs(login.browser)] == ["about:blank"]


@pytest.fixture
def bound(tmp_path):
    """The address of a browser that is bound to a websocket."""
    needs_chromium()
    program = subprocess.Popen(
        [sys.executable, "-m", "support.bound_browser", str(tmp_path / "bound")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT / "tests")])},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield program.stdout.readline().strip()
    for process in [*psutil.Process(program.pid).children(recursive=True), program]:
        process.kill()
    program.wait()


def test_a_bound_browser_serves_jobs_like_one_of_this_machine(pool, bound, site, evidence):
    """Its downloads come through the socket; its user agent is marked page by page."""
    login = make_login("bound", browser=bound)
    with job(pool, login, evidence) as session:
        sign_in(session, site)
        assert session.download_from(lambda: session.page.click("#file")).path.stat().st_size > 0
        assert session.request_file("/file/other.csv").name == "other.csv"
        session.page_from(lambda: session.page.click("#tab"))
    assert session.peak_memory is None
    assert {MARK in agent for _, _, agent in site.requests} == {True}
    with job(pool, login, evidence) as session:
        session.goto(f"{site.url}/home")
        assert session.page.title() == "Home"
        assert [page.url for page in session._attached.context.pages] == ["about:blank", f"{site.url}/home"]


def test_two_logins_at_once_keep_their_files_and_sign_ins_apart(pool, login, site, evidence):
    other = make_login("finance")

    def collect(which):
        with job(pool, which, evidence, job_id=5) as session:
            sign_in(session, site)
            found = []
            for number in range(3):
                one = session.request_file(f"/file/report.csv?{which.id}={number}")
                two = session.download_from(lambda: session.page.click("#file"))
                found += [one.path.read_text(), two.path.read_text()]
            return found

    with ThreadPoolExecutor(2) as threads:
        ours, theirs = threads.map(collect, [login, other])
    assert [text for text in ours if "=" in text] == [
        f"content of report.csv /file/report.csv?logistics={number}" for number in range(3)
    ]
    assert len(ours) == len(theirs) == 6
    assert not any("logistics" in text for text in theirs)
    mains = [each for each in processes_of(pool.home) if is_main(each)]
    assert len(mains) == 2
    for each in (login, other):
        pool.stop(each, MARK)
    assert not processes_of(pool.home)
    assert not [each for each in psutil.Process().children(recursive=True) if "node" in each.name()]
