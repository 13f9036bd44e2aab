"""A small web site for tests of browsers: a sign-in, files of all kinds, and pages that misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

COOKIE = "session-canary-1f0e5a77c2"
# More than a browser keeps in a buffer before it says that a download has started.
SLOW_BYTES = 4 << 20

SIGN_IN = """<!doctype html><title>Sign in</title><meta name="csrf" content="{csrf}">
<form method=post action="/signin"><input type=hidden name=csrf value="{csrf}">
<label>E-mail <input type=email name=user id=user></label>
<label>Password <input type=password name=password id=password></label>
<label>Code <input type=tel name=code id=code></label><button id=go>Sign in</button></form>"""
HOME = """<!doctype html><title>Home</title><h1>Reports</h1>
<a id=file href="/file/{name}">Download</a> <a id=tab target=_blank href="/tab">Open</a>
<a id=slow href="/slow">Slow</a> <kat-button id=kat label="Request Report"></kat-button>{extra}
<script>
  const root = document.getElementById('kat').attachShadow({{mode: 'open'}});
  root.innerHTML = '<button>Request Report</button><p>Inner part</p>';
</script>"""
CAPTCHA = """<!doctype html><title>Captcha</title><button style="position:fixed;inset:0"
onclick="fetch('/clicked', {method: 'POST'})">I am a person</button>"""
HANG = "<!doctype html><title>Hang</title><script>setTimeout(() => { while (true) {} }, 50)</script>"
MEMORY = """<!doctype html><title>Memory</title><script>
  const kept = [];
  setInterval(() => { if (kept.length < 80) kept.push(new Uint8Array(32 << 20).fill(kept.length + 1)); }, 20);
</script>"""


class WebSite:
    """A running site. ``requests``: (method, path, user agent) in order. ``hooks``: called by path before the
    answer. ``slow``: half of the slow file is sent; the rest waits for it.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self.posts: list[dict[str, list[str]]] = []
        self.hooks: dict[str, Callable[[], None]] = {}
        self.slow = threading.Event()
        self.slow_started = threading.Event()
        self.csrf, self.extra = "csrf-canary", ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[WebSite]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.slow.set()
            self._server.shutdown()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                site.posts.append(parse_qs(self.rfile.read(length).decode()))
                site.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def answer(self, call: Any) -> None:
        path = urlsplit(call.path).path
        self.requests.append((call.command, call.path, call.headers.get("User-Agent", "")))
        if hook := self.hooks.get(path):
            hook()
        is_in = COOKIE in (call.headers.get("Cookie") or "")
        if path == "/signin" and call.command == "POST":
            cookie = f"session={COOKIE}; Path=/; Max-Age=86400; HttpOnly"
            send(call, b"", status=303, headers={"Location": "/home", "Set-Cookie": cookie})
        elif path == "/signin":
            send(call, SIGN_IN.format(csrf=self.csrf).encode())
        elif path == "/hang":
            send(call, HANG.encode())
        elif path == "/memory":
            send(call, MEMORY.encode())
        elif path == "/captcha":
            send(call, CAPTCHA.encode())
        elif path == "/clicked":
            send(call, b"")
        elif path == "/broken":
            send(call, b"broken", status=503)
        elif not is_in:
            send(call, b"", status=303, headers={"Location": "/signin"})
        elif path == "/slow":
            self._send_slowly(call)
        elif path.startswith("/file/"):
            name = path.rsplit("/", 1)[-1]
            send(call, f"content of {name} {call.path}".encode(), name=name)
        elif path == "/posted":
            send(call, repr(self.posts[-1]).encode(), name="posted.csv")
        elif path == "/tab":
            send(call, b"<!doctype html><title>Tab</title><a id=file href=/file/tab.csv>Download</a>")
        else:
            send(call, HOME.format(name="report.csv", extra=self.extra).encode())

    def _send_slowly(self, call: Any) -> None:
        call.send_response(200)
        call.send_header("Content-Type", "text/csv")
        call.send_header("Content-Disposition", 'attachment; filename="slow.csv"')
        call.send_header("Content-Length", str(SLOW_BYTES))
        call.end_headers()
        try:
            call.wfile.write(b"x" * (SLOW_BYTES // 2))
            call.wfile.flush()
            self.slow_started.set()
            self.slow.wait(120)
            call.wfile.write(b"x" * (SLOW_BYTES - SLOW_BYTES // 2))
        except OSError:
            pass


def send(
    call: Any, body: bytes, *, status: int = 200, name: str = "", headers: dict[str, str] | None = None
) -> None:
    call.send_response(status)
    call.send_header("Content-Type", "text/csv" if name else "text/html; charset=utf-8")
    call.send_header("Content-Length", str(len(body)))
    if name:
        call.send_header("Content-Disposition", f'attachment; filename="{name}"')
    for key, value in (headers or {}).items():
        call.send_header(key, value)
    call.end_headers()
    try:
        call.wfile.write(body)
    except OSError:
        pass
