"""A sandbox in a process of its own, for tests of any part: the fixture `sandbox`, or SandboxServer."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

INCLUDE = Path(__file__).resolve().parents[2] / "include"
READY_SECONDS = 60.0


class SandboxServer:
    """`python -m amazon_sandbox` on a free port.

    :param options: further command line options, such as ("--start", "2026-11-20T08:00:00Z").
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        speed: float = 1.0,
        scenario: str = "demo",
        options: Sequence[str] = (),
    ) -> None:
        usual = {"--port": 0, "--seed": seed, "--speed": speed, "--scenario": scenario}
        self._arguments = [str(part) for pair in usual.items() for part in pair] + list(options)
        self._process: subprocess.Popen[bytes] | None = None
        self._output: Any = None
        self._http: httpx.Client | None = None
        self.url = ""

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise RuntimeError("the sandbox is not running; call start()")
        return self._process.pid

    @property
    def token_url(self) -> str:
        """The URL of Login with Amazon."""
        return f"{self.url}/auth/o2/token"

    def start(self) -> SandboxServer:
        """Start and wait for the ready line. Raises RuntimeError with the server's output otherwise."""
        # Errors go to a file: an unread pipe would fill and block the server.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "amazon_sandbox", *self._arguments],
            env=os.environ | {"PYTHONPATH": str(INCLUDE)},
            stdout=subprocess.PIPE,
            stderr=self._output,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        if " listening on " not in line:
            output = self.output()
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {line}{output}")
        self.url = line.split(" listening on ", 1)[1].strip()
        self._http = httpx.Client(base_url=self.url, timeout=READY_SECONDS)
        return self

    def stop(self) -> None:
        """End the process and wait for it."""
        if self._http is not None:
            self._http.close()
            self._http = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
        if self._output is not None:
            self._output.close()
            self._output = None

    def output(self) -> str:
        """What the server wrote to stderr so far."""
        self._output.seek(0)
        return str(self._output.read().decode("utf-8", "replace"))

    def control(self, method: str, path: str, **kwargs: Any) -> Any:
        """Any control call, such as ("POST", "/bulk", json={"rows": 9}). Raises HTTPStatusError."""
        if self._http is None:
            raise RuntimeError("the sandbox is not running; call start()")
        response = self._http.request(method, f"/_sandbox{path}", **kwargs)
        if response.is_error:
            raise httpx.HTTPStatusError(response.text, request=response.request, response=response)
        return response.json()

    def clock(self, **change: Any) -> dict[str, Any]:
        """The clock; changed first when given speed, jump_seconds, freeze or set."""
        return dict(self.control("POST", "/clock", json=change) if change else self.control("GET", "/clock"))

    def faults(self, fault: str, **where: Any) -> dict[str, Any]:
        """Set a fault: `faults("response_lost", operation="createReport", times=1)`."""
        return dict(self.control("POST", "/faults", json={"fault": fault, **where}))

    def clear_faults(self) -> None:
        """Delete every fault."""
        self.control("DELETE", "/faults")

    def accounts(self) -> list[dict[str, Any]]:
        """Sellers and their credentials."""
        return list(self.control("GET", "/accounts"))

    def account(self, name: str) -> dict[str, Any]:
        """One seller by account name."""
        return next(account for account in self.accounts() if account["account"] == name)

    def access_token(self, name: str = "northwind_na") -> str:
        """A fresh access token of a seller."""
        account = self.account(name)
        form = {key: account[key] for key in ("refresh_token", "client_id", "client_secret")}
        form["grant_type"] = "refresh_token"
        answer = httpx.post(self.token_url, data=form, timeout=READY_SECONDS)
        return str(answer.raise_for_status().json()["access_token"])

    def calls(self, **wanted: Any) -> list[dict[str, Any]]:
        """The log, oldest first; filter by operation, seller_id, status."""
        return list(self.control("GET", "/calls", params={"limit": 100_000, **wanted})["calls"])

    def call_counts(self) -> dict[str, dict[str, int]]:
        """operation -> status -> number of calls, complete even where the log is not."""
        return dict(self.control("GET", "/calls", params={"limit": 0})["counts"])

    def cooldown_violations(self) -> int:
        """createReport calls for a report within its cooldown."""
        return int(self.control("GET", "/calls", params={"limit": 0})["notes"].get("cooldown", 0))

    def clear_calls(self) -> None:
        """Clear the log."""
        self.control("DELETE", "/calls")

    def jobs(self, **pace: Any) -> dict[str, Any]:
        """How fast reports finish: queue_seconds, progress_seconds, reads, compression."""
        return dict(self.control("POST", "/jobs", json=pace))

    def quotas(self, **plan: Any) -> dict[str, Any]:
        """Change a usage plan: operation, rate, burst, seller_id."""
        return dict(self.control("POST", "/quotas", json=plan))

    def expected_figures(self, account: str, marketplace_id: str, date: str) -> dict[str, Any]:
        """Expected figures of a marketplace-local day."""
        params = {"account": account, "marketplace_id": marketplace_id, "date": date}
        return dict(self.control("GET", "/expected-figures", params=params))

    def slack_messages(self) -> list[dict[str, Any]]:
        """The posted messages, oldest first."""
        return list(self.control("GET", "/slack")["messages"])

    def reset(self) -> None:
        """Delete reports, calls, faults, quotas, messages; the clock runs on."""
        self.control("POST", "/reset")


@contextlib.contextmanager
def running_sandbox(**options: Any) -> Iterator[SandboxServer]:
    """A started server, stopped at the end."""
    with SandboxServer(**options) as server:
        yield server


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxServer]:
    """One server for the whole session."""
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(sandbox_process: SandboxServer) -> SandboxServer:
    """The session's server, reset, its clock at real time and speed."""
    sandbox_process.reset()
    sandbox_process.control("POST", "/clock", json={"set": "2026-11-21T09:00:00Z", "speed": 1})
    return sandbox_process
