"""`browsers up|status|down|open|run` with real browsers, and what they say without."""

import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
import yaml
from support.browsers import MARK, free_port, job, make_login, needs_chromium, processes_of, running_pool

from sellerops import cli
from sellerops.browsers import executable
from sellerops.browsers.devtools import open_tab, read_version
from sellerops.browsers.pool import VARIABLE, Pool
from sellerops.browsers.process import NO_BACKGROUND_REQUESTS
from sellerops.browsers.process_tree import kill_tree
from sellerops.ledger.login_locks import end_job, take_lock
from sellerops.ledger.logins import JobRef, JobState, RequiredActionKind
from sellerops.ledger.required_actions import open_action
from sellerops_runtime.config_overlay import link_all
from sellerops_runtime.home import PROJECT_ROOT

HOST = socket.gethostname()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of the browsers; the ledger's address is unknown."""
    folder = tmp_path / "browsers"
    monkeypatch.setenv(VARIABLE, str(folder))
    for name in ("SELLEROPS_WAREHOUSE", "AIRFLOW_HOME", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with running_pool(folder):
        yield folder


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """Write a logins.yaml; everything else is the project's configuration."""

    def write(*, enabled=True, **browsers):
        folder = tmp_path / "config"
        link_all(PROJECT_ROOT / "include" / "config", folder, except_for=["accounts.yaml", "logins.yaml"])
        account = {"region": "NA", "marketplaces": ["US"], "sources": ["seller_portal"]}
        (folder / "accounts.yaml").write_text(yaml.safe_dump({"accounts": {"northwind_na": account}}))
        logins = {
            name: {
                "site": "seller_central",
                "accounts": ["northwind_na"],
                "roles": [name],
                "browser": address,
            }
            for name, address in browsers.items()
        }
        content = {"enabled": enabled, "user_agent_mark": MARK, "logins": logins}
        (folder / "logins.yaml").write_text(yaml.safe_dump(content))
        monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(folder))

    return write


def run(capsys, *words):
    code = cli.main(["browsers", *words])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_browsers_are_started_shown_reached_and_stopped(home, configure, capsys):
    needs_chromium()
    ports = [free_port(), free_port()]
    one, two = (f"http://127.0.0.1:{port}" for port in ports)
    configure(logistics=one, finance=two)
    code, text = run(capsys, "up")
    assert code == 0, text
    assert text.count("started") == 2
    assert run(capsys, "up", "logistics")[1].count("runs already") == 1
    assert MARK in read_version(one).user_agent
    open_tab(one, "about:blank#captcha")
    code, text = run(capsys, "status")
    assert code == 0, text
    rows = {line.split()[0]: line.split() for line in text.splitlines()[1:3]}
    pid = str(Pool().look(make_login("logistics", browser=one), MARK).process.pid)
    assert rows["logistics"][1:4] == [f"127.0.0.1:{ports[0]}", "running", pid]
    assert 50 < int(rows["logistics"][4]) < 1500
    assert rows["logistics"][5] == "2"
    assert rows["finance"][5] == "1"
    code, text = run(capsys, "open", "logistics")
    assert code == 0, text
    assert f"ssh -L {ports[0]}:127.0.0.1:{ports[0]} " in text
    assert (
        f"http://localhost:{ports[0]}/devtools/inspector.html?ws=localhost:{ports[0]}/devtools/page/" in text
    )
    assert "several logins" in run(capsys, "open")[1]
    code, text = run(capsys, "down")
    assert (code, text.count("stopped")) == (0, 2), text
    assert not processes_of(home)
    assert "was not running" in run(capsys, "down", "finance")[1]
    assert "is not running" in run(capsys, "open", "finance")[1]


def test_the_printed_address_shows_a_page_that_takes_clicks(home, configure, capsys, site):
    """What `open` prints is opened in another browser, where a person clicks: here for a captcha."""
    needs_chromium()
    from playwright.sync_api import sync_playwright

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    configure(logistics=address)
    assert run(capsys, "up")[0] == 0
    open_tab(address, f"{site.url}/captcha")
    clicked = Event()
    site.hooks["/clicked"] = clicked.set
    _, text = run(capsys, "open")
    (line,) = [
        each for each in text.splitlines() if "/devtools/inspector.html" in each and "/captcha" in each
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable.find_chromium(), args=[*NO_BACKGROUND_REQUESTS]
        )
        page = browser.new_page()
        page.goto(line.split()[0])
        page.locator("canvas").first.wait_for()
        for _ in range(100):
            # The picture appears some time after its frame.
            page.locator("canvas").first.click(force=True)
            if clicked.wait(0.2):
                break
        browser.close()
    assert clicked.is_set()


class Stranger(BaseHTTPRequestHandler):
    """Somebody's own browser on the port."""

    def do_GET(self):
        body = b'{"Browser": "Chrome/156", "User-Agent": "Mozilla", "webSocketDebuggerUrl": "ws://x/1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_a_port_that_something_else_uses_is_left_alone(home, configure, capsys):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        ports = [server.server_port, listening.getsockname()[1]]
        for port in ports:
            configure(logistics=f"http://127.0.0.1:{port}")
            code, text = run(capsys, "up")
            assert code == 1
            assert f"uses port {port}" in text
            assert "logins.logistics.browser" in text
        assert "foreign" in run(capsys, "status")[1]
        code, text = run(capsys, "down")
        assert (code, "was not running" in text) == (0, True)
    server.shutdown()
    server.server_close()


def test_without_chromium_it_says_what_to_install(home, configure, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(executable, "_PLACES", ())
    configure(logistics=f"http://127.0.0.1:{free_port()}")
    code, text = run(capsys, "up")
    assert code == 1
    assert "apt-get install chromium" in text
    code, text = run(capsys, "status")
    assert (code, "stopped" in text) == (0, True)


def test_what_is_switched_off_or_elsewhere_is_said(home, configure, capsys):
    configure(enabled=False, logistics="http://127.0.0.1:9222")
    code, text = run(capsys, "up")
    assert (code, "enabled: true" in text) == (1, True)
    assert "switched off" in run(capsys, "status")[1]
    configure(logistics="ws://browsers.example:9331/secret")
    assert "no login has a browser on this machine" in run(capsys, "up")[1]
    assert "not on this machine" in run(capsys, "up", "logistics")[1]
    configure()
    assert "no logins" in run(capsys, "status")[1]


def test_what_the_ledger_knows_of_a_login_is_shown(home, configure, capsys, ledger, conninfo, monkeypatch):
    """Job, sign-in and required action; a browser in use is not stopped by mistake."""
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    configure(logistics=f"http://127.0.0.1:{free_port()}", finance=f"http://127.0.0.1:{free_port()}")
    of_task = JobRef("download", dag_id="report__returns", run_id="2026-11-28", task_id="fetch_report")
    end_job(ledger, take_lock(ledger, "logistics", of_task, HOST), JobState.DONE, sign_ins=1)
    take_lock(ledger, "logistics", of_task, HOST)
    open_action(ledger, "finance", RequiredActionKind.CAPTCHA, "Type the characters.", page_url="http://x/")
    code, text = run(capsys, "status")
    assert code == 0, text
    (logistics,) = [line for line in text.splitlines() if line.startswith("logistics")]
    (finance,) = [line for line in text.splitlines() if line.startswith("finance")]
    assert "report__returns, run 2026-11-28, fetch_report" in logistics
    assert f"{ledger.clock().now():%Y-%m-%d}" in logistics
    assert "captcha: Type the characters." in finance
    code, text = run(capsys, "down", "logistics")
    assert code == 1
    assert "--force" in text
    assert run(capsys, "down", "logistics", "--force")[0] == 0
    assert "browsers up finance" in run(capsys, "open")[1], "the login that needs a person is meant"


def serve(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "sellerops", "browsers", "run", *words],
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "include")},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_browser_in_a_container_is_reached_by_its_host_name(home, configure, capsys, site, tmp_path):
    """`run` forwards a port on all addresses, as in a container; the job resolves the host name."""
    needs_chromium()
    port = free_port()
    configure(logistics=f"http://{HOST}:{port}")
    serving = serve("logistics")
    try:
        assert "Chromium runs" in serving.stdout.readline()
        login = make_login("logistics", browser=f"http://{HOST}:{port}")
        pool = Pool(tmp_path / "worker")
        with job(pool, login, tmp_path / "evidence") as session:
            session.goto(f"{site.url}/signin")
            assert session.page.title() == "Sign in"
            assert MARK in session.user_agent
        serving.send_signal(signal.SIGINT)
        assert serving.wait(60) == 0
        assert not processes_of(home)
    finally:
        serving.kill()
        serving.wait()


def test_a_container_ends_with_its_browser_so_that_it_is_restarted(home, configure):
    needs_chromium()
    port = free_port()
    configure(logistics=f"http://127.0.0.1:{port}")
    serving = serve("logistics", "--host", "127.0.0.1")
    try:
        assert "Chromium runs" in serving.stdout.readline()
        login = make_login("logistics", browser=f"http://127.0.0.1:{port - 1}")
        kill_tree(Pool(home).look(login, MARK).process)
        assert serving.wait(60) == 1
    finally:
        serving.kill()
        serving.wait()
