"""The server as a process: connections that break, memory, load, start and end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from support.sandbox import SandboxServer

SALES = "GET_SALES_AND_TRAFFIC_REPORT"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[httpx.Client]:
    """A logged-in client of northwind_na."""
    headers = {"x-amz-access-token": sandbox.access_token()}
    with httpx.Client(base_url=f"{sandbox.url}/reports/2021-06-30", headers=headers, timeout=60) as http:
        yield http


def worker_of(sandbox: SandboxServer) -> psutil.Process:
    """The process that writes documents (Python's resource tracker is a child too)."""
    children = psutil.Process(sandbox.pid).children()
    return next(child for child in children if any("spawn_main" in part for part in child.cmdline()))


def body(sandbox: SandboxServer, report_type: str = SALES) -> dict[str, Any]:
    return {
        "reportType": report_type,
        "marketplaceIds": sandbox.account("northwind_na")["marketplace_ids"][:1],
        "dataStartTime": "2026-11-14T00:00:00Z",
        "dataEndTime": "2026-11-15T00:00:00Z",
    }


def listed(client: httpx.Client) -> int:
    return len(client.get("/reports", params={"reportTypes": SALES}).json()["reports"])


def test_a_lost_response_leaves_a_report(sandbox: SandboxServer, client: httpx.Client) -> None:
    """The client sees a dropped connection, Amazon has made the report; a drop before leaves none."""
    sandbox.faults("response_lost", operation="createReport", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/reports", json=body(sandbox))
    assert listed(client) == 1
    sandbox.faults("drop", operation="createReport", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/reports", json=body(sandbox))
    assert listed(client) == 1
    assert [call["status"] for call in sandbox.calls(operation="createReport")] == ["no_response"] * 2


def test_a_hanging_call_does_not_delay_others(sandbox: SandboxServer, client: httpx.Client) -> None:
    """The client times out; other calls are served meanwhile."""
    sandbox.faults("hang_after", operation="createReport", times=1)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/reports", json=body(sandbox), timeout=1.0)
    assert listed(client) == 1
    sandbox.faults("hang", operation="createReport", times=1, options={"seconds": 0.1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/reports", json=body(sandbox))
    assert listed(client) == 1


def test_a_download_cut_in_the_middle(sandbox: SandboxServer, client: httpx.Client) -> None:
    """Content-Length promises more than comes."""
    url = document_url(sandbox, client, body(sandbox))
    sandbox.faults("document_dropped", times=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(url, timeout=60)
    assert httpx.get(url, timeout=60).is_success


def document_url(sandbox: SandboxServer, client: httpx.Client, wanted: dict[str, Any]) -> str:
    report_id = client.post("/reports", json=wanted).json()["reportId"]
    sandbox.clock(jump_seconds=600)
    report = client.get(f"/reports/{report_id}").json()
    while report["processingStatus"] in (
        "IN_QUEUE",
        "IN_PROGRESS",
    ):  # a large file takes real seconds to write
        report = client.get(f"/reports/{report_id}").json()
    return str(client.get(f"/documents/{report['reportDocumentId']}").json()["url"])


def test_a_large_document_never_lies_in_memory(sandbox: SandboxServer, client: httpx.Client) -> None:
    """Written and served as a stream: 400,000 rows, above 100 MB plain, leave the processes small."""
    server = psutil.Process(sandbox.pid)
    worker = worker_of(sandbox)
    before = server.memory_info().rss + worker.memory_info().rss
    sandbox.control("POST", "/bulk", json={"rows": 400_000})
    sandbox.jobs(compression="none")
    url = document_url(sandbox, client, body(sandbox, ORDERS))
    size = 0
    with httpx.stream("GET", url, timeout=60) as answer:
        for chunk in answer.iter_raw():
            size += len(chunk)
    assert size > 100_000_000
    assert server.memory_info().rss + worker.memory_info().rss - before < 60_000_000


def test_a_call_costs_the_same_with_a_thousand_reports_in_progress(
    sandbox: SandboxServer, client: httpx.Client
) -> None:
    """By the server's own processor time; with a search through all of them it would cost many times as much.
    How many calls a second there are is measured by benchmarks/sandbox.py.
    """
    sandbox.clock(speed=600)
    for operation in ("createReport", "getReport"):
        sandbox.quotas(operation=operation, rate=100_000, burst=100_000)
    sandbox.control("POST", "/tokens", json={"lifetime_seconds": 10_000_000})
    client.headers["x-amz-access-token"] = sandbox.access_token()
    server = psutil.Process(sandbox.pid)

    def create() -> str:
        return str(client.post("/reports", json=body(sandbox)).json()["reportId"])

    def cost(report_id: str) -> float:
        before = sum(server.cpu_times()[:2])
        assert {client.get(f"/reports/{report_id}").status_code for _ in range(200)} == {200}
        return sum(server.cpu_times()[:2]) - before

    first = create()
    alone = min(cost(first) for _ in range(2))
    assert len({create() for _ in range(1000)}) == 1000
    assert min(cost(first) for _ in range(3)) < 4 * alone + 0.1


def test_many_connections_at_once(sandbox: SandboxServer, client: httpx.Client) -> None:
    """Threads with connections of their own never take more than the bucket holds."""
    sandbox.clock(freeze=True)
    headers = dict(client.headers)
    counts: list[int] = []

    def ask() -> None:
        with httpx.Client(base_url=client.base_url, headers=headers, timeout=60) as http:
            counts.extend(http.post("/reports", json=body(sandbox)).status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counts.count(202), counts.count(429)) == (15, 45)


def test_the_same_seed_is_the_same_amazon(sandbox: SandboxServer) -> None:
    """Credentials and data, in another process and another seed's differ."""
    with SandboxServer(seed=7) as same, SandboxServer(seed=8) as other:
        assert same.accounts() == sandbox.accounts()
        assert other.accounts() != sandbox.accounts()


def test_the_port_file_names_the_port(tmp_path: Path) -> None:
    """For scripts that do not read the ready line."""
    port_file = tmp_path / "port"
    with SandboxServer(
        options=("--port-file", str(port_file), "--public-url", "http://amazon.example/")
    ) as server:
        assert server.url.endswith(":" + port_file.read_text())
        assert server.control("GET", "")["url"] == "http://amazon.example"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind(how: signal.Signals) -> None:
    """The process that writes documents ends with the server, however that ends."""
    server = SandboxServer().start()
    try:
        children = psutil.Process(server.pid).children(recursive=True)
        assert children
        os.kill(server.pid, how)
        _, alive = psutil.wait_procs(children, timeout=120)
        assert not alive
    finally:
        server.stop()


def test_a_killed_worker_is_replaced(sandbox: SandboxServer, client: httpx.Client) -> None:
    """A report that was being written is written by the next one."""
    worker_of(sandbox).kill()
    assert httpx.get(document_url(sandbox, client, body(sandbox)), timeout=60).is_success


def test_a_port_in_use_is_reported(sandbox: SandboxServer) -> None:
    """With the remedy."""
    port = sandbox.url.rsplit(":", 1)[1]
    with pytest.raises(RuntimeError, match="use --port 0 for a free one"):
        SandboxServer(options=("--port", port)).start()
