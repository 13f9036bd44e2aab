"""What is known of a login's browser, without a browser: a small server answers in its place."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from sellerops.base.errors import BrowserUnavailable, ConfigurationError
from sellerops.browsers import pool as pool_module
from sellerops.browsers.pool import VARIABLE, BrowserState, Pool, default_home, wait_for_browser
from sellerops.settings.logins import Login

MARK = "sellerops (automated)"


@pytest.fixture
def answering():
    """Start something that answers like a browser with a user agent; returns its address."""
    servers = []

    def start(user_agent):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                content = {
                    "Browser": "Chrome/1",
                    "User-Agent": user_agent,
                    "webSocketDebuggerUrl": "ws://x/7",
                }
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()


def login(browser):
    return Login(
        id="northwind",
        site="seller_central",
        accounts=("northwind_na",),
        roles=("logistics",),
        browser=browser,
    )


def test_a_marked_browser_that_another_container_runs_is_used(answering, tmp_path):
    """Its port is this machine's when network namespaces are shared."""
    found = Pool(tmp_path).ensure(login(answering(f"HeadlessChrome {MARK}")), MARK)
    assert (found.state, found.process, found.version.run_id) == (BrowserState.ELSEWHERE, None, "7")


def test_somebodys_own_browser_is_refused(answering, tmp_path):
    """Its pages would be closed."""
    with pytest.raises(ConfigurationError, match="did not start it"):
        Pool(tmp_path).ensure(login(answering("Chrome")), MARK)


def test_a_record_of_a_process_that_is_gone_means_nothing(tmp_path):
    pool = Pool(tmp_path)
    record = tmp_path / "run" / "northwind.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"pid": 1, "created": 12.5, "port": 1, "has_window": False}))
    assert pool.look(login("http://127.0.0.1:1"), MARK).state is BrowserState.STOPPED
    record.write_text("{")
    assert pool.look(login("http://127.0.0.1:1"), MARK).state is BrowserState.STOPPED
    assert pool.stop_all() == []
    assert not record.exists()


def test_a_container_that_stays_away_is_named(monkeypatch):
    monkeypatch.setattr(pool_module, "_LOOK_S", 0.0)
    away = login("http://browser-northwind.invalid:9222")
    with pytest.raises(BrowserUnavailable, match="no browser answered at http"):
        wait_for_browser(away, 0.0)
    wait_for_browser(login("ws://browser-northwind.invalid:9331/x"), 0.0)


def test_the_home_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_home() == tmp_path / "sellerops" / "browsers"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "other"))
    assert default_home() == tmp_path / "other"
