"""One real API server behind Debian's Caddy with its own authority, by the project's Caddyfile."""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
from support.memory import new_folder
from support.postgres import PostgresServer

from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.ports import LOOPBACK, free_port
from sellerops_runtime.processes import Component, wait_until

PROGRAM = shutil.which("caddy")
CADDYFILE = PROJECT_ROOT / "deploy" / "caddy" / "tls.Caddyfile"


@dataclass
class Secured:
    """``url``: what users open. ``authority``: the certificate that signed Caddy's."""

    url: str
    authority: Path
    password: str
    logs: Path


@contextmanager
def secured_airflow(server: PostgresServer, prefix: str) -> Iterator[Secured]:
    """An API server with empty metadata below ``prefix`` ("" or "/airflow"), behind Caddy."""
    assert PROGRAM
    root, port = new_folder("sellerops-tls-"), free_port()
    url = f"https://localhost:{port}{prefix}"
    metadata = server.create_empty()
    stack = AirflowStack(
        root / "airflow",
        urlunsplit(urlsplit(metadata)._replace(scheme="postgresql+psycopg")),
        root / "run",
        root / "logs",
        environment={"AIRFLOW__API__BASE_URL": url, "FORWARDED_ALLOW_IPS": LOOPBACK},
    )
    stack.migrate()
    command = [sys.executable, "-m", "airflow", "api-server", "--proxy-headers"]
    parts = [
        Component(
            "airflow-api-server",
            command,
            env=stack.env(),
            log=root / "logs" / "api-server.log",
            run_dir=root / "run",
            cwd=stack.home,
        ),
        Component(
            "caddy",
            [PROGRAM, "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(root),
                "XDG_DATA_HOME": str(root / "caddy"),
                "SELLEROPS_HOST": f"localhost:{port}",
                "SELLEROPS_PREFIX": prefix,
                "API_SERVER": "localhost",
                "API_PORT": str(stack.port),
                # No redirect from port 80, and nothing added to the machine's authorities.
                "SELLEROPS_CADDY_OPTIONS": "auto_https disable_redirects\nskip_install_trust",
            },
            log=root / "logs" / "caddy.log",
            run_dir=root / "run",
            cwd=root,
        ),
    ]
    authority = root / "caddy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    try:
        for part in parts:
            part.start()
        wait_until(lambda: _answers(url, authority), 300.0, "Airflow behind Caddy", watch=parts)
        yield Secured(url, authority, stack.password, root / "logs")
    finally:
        for part in reversed(parts):
            part.stop()
        server.drop_database(metadata)
        shutil.rmtree(root, ignore_errors=True)


def _answers(url: str, authority: Path) -> bool:
    try:
        trusted = ssl.create_default_context(cafile=str(authority))
        return httpx.get(f"{url}/api/v2/version", verify=trusted, trust_env=False).is_success
    except (httpx.HTTPError, OSError):
        return False
