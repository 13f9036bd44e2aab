"""Real browsers in tests: a pool of their own, and whether a Chromium is installed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from sellerops.base.errors import BrowserMissing, SellerOpsError
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.executable import find_chromium
from sellerops.browsers.pool import Pool
from sellerops.browsers.session import BrowserSession, open_session
from sellerops.settings.logins import Login
from sellerops_runtime import ports

MARK = "sellerops-test (automated)"


def needs_chromium() -> None:
    """Skip the test, saying what to install, where no Chromium is."""
    try:
        find_chromium()
    except BrowserMissing as error:
        pytest.skip(str(error))


def free_port() -> int:
    """A port that nothing uses, like the one below it: there the Chromium in a container listens.

    None of those that the system gives to outgoing connections, which might take it before our server does.
    """
    while True:
        port = ports.free_port()
        if ports.is_free(port - 1):
            return port


def make_login(name: str, **fields: Any) -> Login:
    """A login with a browser on a free port of this machine."""
    given = {"browser": f"http://127.0.0.1:{free_port()}", **fields}
    return Login(id=name, site="seller_central", accounts=("northwind_na",), roles=(name,), **given)


@contextmanager
def running_pool(home: Path) -> Iterator[Pool]:
    """A pool whose browsers are all stopped at the end."""
    pool = Pool(home)
    try:
        yield pool
    finally:
        for process in processes_of(home):
            with contextlib.suppress(psutil.Error):
                process.kill()


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that was started with a profile below a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(home) in word for word in process.cmdline()[1:]) and process.status() != "zombie":
                found.append(process)
    return found


@contextmanager
def job(
    pool: Pool,
    login: Login,
    evidence: Path,
    *,
    job_id: int = 1,
    secrets: tuple[str, ...] = (),
    **options: Any,
) -> Iterator[BrowserSession]:
    """One job with the login's browser; its lock is held unless ``is_held`` says otherwise."""
    with open_session(
        login,
        job_id=job_id,
        secrets=secrets,
        user_agent_mark=MARK,
        evidence=EvidenceStore(str(evidence)),
        is_held=options.pop("is_held", lambda: True),
        pool=pool,
        **options,
    ) as session:
        yield session


def failure_of(
    pool: Pool, login: Login, evidence: Path, work: Callable[[BrowserSession], None], **options: Any
) -> SellerOpsError:
    """The error of a job that has to fail."""

    def run() -> None:
        with job(pool, login, evidence, **options) as session:
            work(session)

    with pytest.raises(SellerOpsError) as caught:
        run()
    return caught.value
