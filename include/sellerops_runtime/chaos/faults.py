"""The kinds of faults: how each one starts on a running system, and how it ends."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from psycopg import sql

from sellerops.base import postgres
from sellerops.base.postgres import LEDGER
from sellerops_runtime.celery import REDIS
from sellerops_runtime.chaos.plan import Kind, Step
from sellerops_runtime.chaos.target import Target, tree
from sellerops_runtime.local_amazon import control
from sellerops_runtime.stack import METADATA, WAREHOUSE

End = Callable[[], None]
# Answers that are lost on their way back or replaced by errors. `docs/sandbox.md` lists all faults.
_AMAZON = (
    {"fault": "response_lost", "operation": "createReport", "times": 1},
    {"fault": "error_after", "operation": "createReport", "times": 1},
    {"fault": "response_lost", "operation": "createInboundPlan", "times": 1},
    {"fault": "http_503", "times": 5},
    {"fault": "http_429", "times": 8},
    {"fault": "hang", "times": 2, "options": {"seconds": 20}},
    {"fault": "document_dropped", "times": 2},
)
_FILLER = "filler"
NOT_POSSIBLE = "not possible here"


@dataclass(frozen=True)
class Fault:
    """``begin`` injects the fault and returns what it did and a function that ends it, or None if there was
    nothing to break.

    A fault that is not possible on this machine is drawn like the others, so that a seed gives the same plan
    everywhere.
    """

    kind: Kind
    begin: Callable[[Target, Step], tuple[str, End] | None]
    is_possible: bool = True


def faults_for(target: Target) -> dict[str, Fault]:
    """All faults of this system's components, by name."""
    found = [
        Fault(Kind("kill a task", 2), _kill_task),
        Fault(Kind("kill a busy worker"), _kill_busy_worker),
        Fault(Kind("kill an idle worker"), _kill_idle_worker),
        Fault(Kind("kill a Postgres backend", 2), _kill_backend),
        Fault(Kind("crash Postgres", 1, 1, 12), _crash_postgres),
        Fault(Kind("suspend Postgres", 1, 4, 15), _suspend_postgres),
        Fault(Kind("slow Postgres", 1, 10, 20), _slow_postgres),
        Fault(Kind("connection limit", 1, 8, 15), _limit_connections),
        Fault(Kind("suspend Amazon", 1, 5, 15), _suspend_amazon),
        Fault(Kind("Amazon errs", 3, 10, 20), _amazon_errs),
        Fault(Kind("clock jumps", 2), _jump),
    ]
    for name in target.names:
        found.append(Fault(Kind(f"kill {name}"), _kill(name)))
        found.append(Fault(Kind(f"suspend {name}", 1, 5, 15), _suspend(name)))
        # Longer than a component may be silent before the watchdog reports it.
        found.append(Fault(Kind(f"{name} stays away", 1, 120, 140), _keep_away(name)))
    can_cut = target.network is not None
    for what in ("Postgres", "api-server", "Amazon", *(each for each in target.names if each == REDIS)):
        found.append(Fault(Kind(f"cut {what} off", 1, 5, 15), _cut(what), can_cut))
        found.append(Fault(Kind(f"reset connections to {what}", 1, 4, 10), _reset(what), can_cut))
    found.append(Fault(Kind("lose packets of Postgres", 1, 10, 20), _lose, can_cut))
    for name in target.names:
        found.append(Fault(Kind(f"forget connections of {name}", 1, 40, 60), _forget(name), can_cut))
    found.append(Fault(Kind("full disk", 1, 8, 20), _fill_disk, target.archive is not None))
    return {each.kind.name: each for each in found}


def _kill(name: str) -> Callable[[Target, Step], tuple[str, End] | None]:
    def begin(target: Target, step: Step) -> tuple[str, End]:
        target.airflow.components[name].kill()
        return "", _nothing

    return begin


def _keep_away(name: str) -> Callable[[Target, Step], tuple[str, End] | None]:
    def begin(target: Target, step: Step) -> tuple[str, End]:
        target.held.add(name)
        target.airflow.components[name].kill()
        return "", lambda: target.held.discard(name)

    return begin


def _suspend(name: str) -> Callable[[Target, Step], tuple[str, End] | None]:
    def begin(target: Target, step: Step) -> tuple[str, End]:
        return "", _stop(target.processes_of(name))

    return begin


def _kill_task(target: Target, step: Step) -> tuple[str, End] | None:
    return _kill_one(target.tasks(), step)


def _kill_busy_worker(target: Target, step: Step) -> tuple[str, End] | None:
    return _kill_one(target.workers(busy=True), step)


def _kill_idle_worker(target: Target, step: Step) -> tuple[str, End] | None:
    return _kill_one(target.workers(busy=False), step)


def _kill_backend(target: Target, step: Step) -> tuple[str, End] | None:
    """Kill a backend. Postgres then closes all connections and recovers, as after the crash of a backend."""
    backends = [each for each in tree(target.postgres_pid)[1:] if _is_backend(each)]
    return _kill_one(backends, step)


def _crash_postgres(target: Target, step: Step) -> tuple[str, End]:
    target.postgres.crash()
    return "", target.postgres.start


def _suspend_postgres(target: Target, step: Step) -> tuple[str, End]:
    return "", _stop(tree(target.postgres_pid))


def _slow_postgres(target: Target, step: Step) -> tuple[str, End]:
    """Let Postgres run only a quarter of the time, as if its disk were busy with something else."""
    ended = threading.Event()

    def pulse() -> None:
        while not ended.is_set():
            resume = _stop(tree(target.postgres_pid))
            ended.wait(0.3)
            resume()
            ended.wait(0.1)

    thread = threading.Thread(target=pulse, daemon=True)
    thread.start()

    def end() -> None:
        ended.set()
        thread.join()

    return "", end


def _limit_connections(target: Target, step: Step) -> tuple[str, End]:
    def limit(number: int) -> None:
        with postgres.connect(target.postgres.url("postgres"), LEDGER, autocommit=True) as connection:
            for database in (METADATA, WAREHOUSE):
                connection.execute(
                    sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(
                        sql.Identifier(database), sql.Literal(number)
                    )
                )

    limit(1)
    return "no new connections", lambda: limit(-1)


def _suspend_amazon(target: Target, step: Step) -> tuple[str, End]:
    return "", _stop(tree(target.amazon[1]))


def _amazon_errs(target: Target, step: Step) -> tuple[str, End]:
    chosen = _AMAZON[step.draw % len(_AMAZON)]
    url = target.amazon[0]
    control(url, "POST", "faults", dict(chosen))
    what = f"{chosen['fault']} {chosen.get('operation', '')}".strip()
    return what, lambda: control(url, "DELETE", "faults")


def _jump(target: Target, step: Step) -> tuple[str, End]:
    hours = 1 + step.draw % 4
    target.jump(hours)
    return f"{hours} h", _nothing


def _cut(what: str) -> Callable[[Target, Step], tuple[str, End] | None]:
    def begin(target: Target, step: Step) -> tuple[str, End]:
        assert target.network
        target.network.cut(_port(target, what))
        return "", target.network.heal

    return begin


def _reset(what: str) -> Callable[[Target, Step], tuple[str, End] | None]:
    def begin(target: Target, step: Step) -> tuple[str, End]:
        assert target.network
        target.network.reset(_port(target, what))
        return "", target.network.heal

    return begin


def _lose(target: Target, step: Step) -> tuple[str, End]:
    assert target.network
    percent = 5 + step.draw % 20
    target.network.lose(target.postgres.port, percent)
    return f"{percent} %", target.network.heal


def _forget(name: str) -> Callable[[Target, Step], tuple[str, End] | None]:
    def begin(target: Target, step: Step) -> tuple[str, End] | None:
        assert target.network
        forgotten = []
        for what in ("Postgres", *(each for each in target.names if each == REDIS)):
            port = _port(target, what)
            if ports := _local_ports(target.processes_of(name), port):
                target.network.forget(ports, port)
                forgotten.append(f"{len(ports)} connections to {what}")
        return (", ".join(forgotten), target.network.heal) if forgotten else None

    return begin


def _fill_disk(target: Target, step: Step) -> tuple[str, End]:
    assert target.archive
    filler = target.archive / _FILLER
    with suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(bytes(1 << 20))
            file.flush()
    return "the archive's", lambda: filler.unlink(missing_ok=True)


def _port(target: Target, what: str) -> int:
    if what == REDIS:
        assert target.airflow.celery
        return target.airflow.celery.port
    ports = {"Postgres": target.postgres.port, "api-server": target.airflow.port}
    return ports.get(what) or int(target.amazon[0].rsplit(":", 1)[1])


def _local_ports(processes: Iterable[psutil.Process], port: int) -> list[int]:
    """The local ports of the processes' connections to ``port``."""
    found = set()
    for process in processes:
        with suppress(psutil.Error):
            for each in process.net_connections("tcp"):
                if each.raddr and each.raddr.port == port:
                    found.add(each.laddr.port)
    return sorted(found)


def _kill_one(processes: Sequence[psutil.Process], step: Step) -> tuple[str, End] | None:
    if not processes:
        return None
    chosen = random.Random(step.draw).choice(list(processes))
    title = _title(chosen)
    with suppress(psutil.NoSuchProcess):
        chosen.kill()
    return f"{chosen.pid} {title}".strip(), _nothing


def _stop(processes: Sequence[psutil.Process]) -> End:
    """Suspend the processes; return a function that resumes them."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.suspend()

    def resume() -> None:
        for each in processes:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                os.kill(each.pid, signal.SIGCONT)

    return resume


def _is_backend(process: psutil.Process) -> bool:
    return any(f" {name} 127" in _title(process) for name in (METADATA, WAREHOUSE))


def _title(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())[:90].replace(str(Path.cwd()), "")
    return ""


def _nothing() -> None:
    pass
