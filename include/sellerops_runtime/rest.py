"""A small client of Airflow's public REST API (v2), for the demo and the tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from sellerops_runtime.errors import StartError
from sellerops_runtime.polling import Poller, Unanswered
from sellerops_runtime.processes import pause_after

# Seconds. A restarted api-server answers within a minute, even on a busy machine.
_POLLER = Poller(180.0)


class AirflowApi:
    """A client for the Airflow at ``base_url`` (without a path), with a login of the simple auth manager.

    Calls without an answer or with a 5xx answer are retried as ``poller`` allows. All of them are safe to
    repeat, since the first one may have taken effect before its answer was lost.
    """

    def __init__(
        self,
        base_url: str,
        user: str,
        password: str,
        *,
        timeout: float = 30.0,
        poller: Poller = _POLLER,
    ) -> None:
        self._poller = poller
        self._credentials = {"username": user, "password": password}
        # Ignore the environment's proxies: the address is on loopback.
        self._http = httpx.Client(base_url=base_url, timeout=timeout, trust_env=False)
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Call ``/api/v2<path>`` and return the decoded answer. Raises StartError when Airflow refuses it."""

        def attempt() -> httpx.Response:
            if not self._token:
                self._login()
            headers = {"Authorization": f"Bearer {self._token}"}
            return self._http.request(method, f"/api/v2{path}", headers=headers, **arguments)

        answer = self._answer(f"{method} {path}", attempt)
        if answer.status_code == 401:
            self._token = ""
            answer = self._answer(f"{method} {path}", attempt)
        if answer.is_error:
            raise self._refusal(f"{method} {path}", answer)
        return answer.json() if answer.content else None

    def _login(self) -> None:
        answer = _sound(self._http.post("/auth/token", json=self._credentials))
        if answer.is_error:
            raise StartError(
                f"Airflow refused the login: {answer.text[:300]}.", where=str(self._http.base_url)
            )
        self._token = answer.json()["access_token"]

    def _answer(self, what: str, send: Callable[[], httpx.Response]) -> httpx.Response:
        """The first answer of ``send`` that is not 5xx. Raises StartError when none comes in time."""

        def attempt() -> httpx.Response:
            try:
                return _sound(send())
            except httpx.TransportError as error:
                raise Unanswered(f"Airflow does not answer ({type(error).__name__})") from error

        try:
            return self._poller.call(attempt)
        except _Broken as error:
            raise self._refusal(what, error.answer) from error
        except Unanswered as error:
            raise StartError(
                f"Airflow did not answer {what} for {self._poller.seconds:.0f} s: {error.__cause__!r}.",
                where=str(self._http.base_url),
                remedy="Read airflow-api-server.log.",
            ) from error

    def _refusal(self, what: str, answer: httpx.Response) -> StartError:
        return StartError(
            f"Airflow answered {answer.status_code} to {what}: {answer.text[:500]}.",
            where=str(self._http.base_url),
            status=answer.status_code,
        )

    def health(self) -> dict[str, str]:
        """State by component (``healthy``, ...); empty while the api-server does not answer."""
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5.0)
        except httpx.TransportError:
            return {}
        if answer.is_error or not answer.headers.get("content-type", "").startswith("application/json"):
            return {}
        return {name: (part or {}).get("status") or "missing" for name, part in answer.json().items()}

    def dags(self, pattern: str = "%") -> dict[str, dict[str, Any]]:
        """The DAGs whose id matches the SQL-like ``pattern``, by id."""
        found = self._pages("/dags", "dags", {"dag_id_pattern": pattern, "exclude_stale": True})
        return {dag["dag_id"]: dag for dag in found}

    def import_errors(self) -> list[dict[str, Any]]:
        """The import errors of DAG files, with ``filename`` and ``stack_trace`` each."""
        return self._pages("/importErrors", "import_errors", {})

    def set_paused(self, dag_id: str, paused: bool) -> None:
        """Pause or unpause a DAG."""
        self.request("PATCH", f"/dags/{dag_id}", json={"is_paused": paused})

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None, run_id: str | None = None) -> str:
        """Start a run without a logical date, unless one with this id exists; return its id."""
        run_id = run_id or f"manual__{datetime.now(UTC).isoformat()}"
        body = {"logical_date": None, "conf": conf or {}, "dag_run_id": run_id}
        try:
            self.request("POST", f"/dags/{dag_id}/dagRuns", json=body)
        except StartError as error:
            if error.details.get("status") != 409:
                raise
            self.run(dag_id, run_id)  # created by an earlier call whose answer was lost
        return run_id

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run, as the API returns it."""
        found: dict[str, Any] = self.request("GET", f"/dags/{dag_id}/dagRuns/{run_id}")
        return found

    def runs(self, dag_id: str = "~", **filters: Any) -> list[dict[str, Any]]:
        """The runs of a DAG (``~``: of all DAGs), filtered by the API's parameters, such as ``state``."""
        return self._pages(f"/dags/{dag_id}/dagRuns", "dag_runs", filters)

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run ``queued``, ``success`` or ``failed``."""
        self.request("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}", json={"state": state})

    def task_instances(self, dag_id: str, run_id: str, **filters: Any) -> list[dict[str, Any]]:
        """All task instances of a run, including each mapped one."""
        return self._pages(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances", filters)

    def count_tasks(self, state: str) -> int:
        """Number of task instances of all DAGs in ``state``."""
        params = {"state": state, "limit": 1}
        found = self.request("GET", "/dags/~/dagRuns/~/taskInstances", params=params)
        return int(found["total_entries"])

    def clear(self, dag_id: str, run_id: str, task_ids: list[str | list[Any]], **options: Any) -> Any:
        """Clear tasks of a run (``"task"`` or ``["task", map_index]``), so that they run again."""
        body = {"dag_run_id": run_id, "task_ids": task_ids, "dry_run": False, "only_failed": False, **options}
        return self.request("POST", f"/dags/{dag_id}/clearTaskInstances", json=body)

    def xcom(
        self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1
    ) -> Any:
        """The value of a task's XCom."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self.request("GET", path, params={"map_index": map_index, "deserialize": True})["value"]

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float) -> dict[str, Any]:
        """Wait until the run has succeeded or failed, and return it. Raises StartError after ``seconds``."""
        started = time.monotonic()
        deadline = started + seconds
        while (run := self.run(dag_id, run_id))["state"] not in ("success", "failed"):
            if time.monotonic() > deadline:
                states = [
                    f"{ti['task_id']}[{ti['map_index']}]={ti['state']}"
                    for ti in self.task_instances(dag_id, run_id)
                ]
                raise StartError(
                    f"run {run_id} of {dag_id} is {run['state']} after {seconds:.0f} s: {', '.join(states)}."
                )
            time.sleep(pause_after(time.monotonic() - started))
        return run

    def _pages(self, path: str, key: str, filters: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.request("GET", path, params={**filters, "limit": 100, "offset": len(found)})
            found += page[key]
            if not page[key] or len(found) >= page["total_entries"]:
                return found


def _sound(answer: httpx.Response) -> httpx.Response:
    """The answer. Raises _Broken, which carries it, for a 5xx."""
    if answer.is_server_error:
        raise _Broken(answer)
    return answer


class _Broken(Unanswered):
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        super().__init__(f"Airflow answered {answer.status_code}")
