"""A ledger and the local Amazon with generated sellers, without Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from psutil import Process

from fleets.sellers import Fleet
from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops_runtime.postgres import EmbeddedPostgres


@dataclass(frozen=True)
class Servers:
    """Both servers: the ledger, the local Amazon's control API, and the ids of their processes."""

    ledger: Ledger
    control: httpx.Client
    postgres: int
    amazon: int

    def set_clock(self, *, speed: float, moment: datetime | None = None) -> None:
        """Let both clocks run at ``speed``, from ``moment`` on if one is given."""
        change: dict[str, Any] = {"speed": speed} | ({"set": moment.isoformat()} if moment else {})
        told = self.control.post("/_sandbox/clock", json=change).json()
        anchors = (datetime.fromisoformat(told[name]) for name in ("real_anchor", "virtual_anchor"))
        self.ledger.set_clock(Clock(*anchors, told["speed"]))

    def credentials(self) -> dict[str, dict[str, dict[str, str]]]:
        """The arguments of ``Credentials``, by account and source."""
        url = str(self.control.base_url).rstrip("/")
        names = ("client_id", "client_secret", "refresh_token")
        at = {"endpoint": url, "token_url": f"{url}/auth/o2/token"}
        return {
            each["account"]: {
                "amazon_sp": {name: each[name] for name in names} | at,
                "amazon_ads": {name: each["ads"][name] for name in names} | at,
            }
            for each in self.control.get("/_sandbox/accounts").json()
        }


@contextmanager
def running_servers(folder: Path, fleet: Fleet) -> Iterator[Servers]:
    """Both servers in ``folder``, with a migrated ledger; stopped at the end."""
    folder.chmod(0o711)  # Postgres may run as another user
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    path = folder / "fleet.json"
    path.write_text(json.dumps(fleet), encoding="utf-8")
    program = Path(__file__).with_name("amazon.py")
    amazon = subprocess.Popen(
        [sys.executable, str(program), str(path), "--port", "0", "--speed", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    try:
        assert amazon.stdout is not None
        url = amazon.stdout.readline().split(" listening on ")[1].strip()
        ledger = Ledger(postgres.url("postgres"))
        ledger.migrate()
        postmaster = int((postgres.data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        with httpx.Client(base_url=url, timeout=300.0, trust_env=False) as control:
            yield Servers(ledger, control, postmaster, Process(amazon.pid).pid)
        ledger.close()
    finally:
        amazon.terminate()
        amazon.wait(20)
        postgres.stop()
