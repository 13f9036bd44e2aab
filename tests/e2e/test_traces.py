"""What all other end-to-end tests leave behind: balanced loads, healthy parts, no credential. Runs last."""

from __future__ import annotations

import httpx
import pytest
from support.system import PATIENT, System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]


def test_every_load_balances(system: System) -> None:
    loads = system.select("SELECT rows_in_file, stored, rejected FROM sellerops.load")
    assert loads
    assert all(rows == stored + rejected for rows, stored, rejected in loads)


def test_the_api_server_answers_probes_without_a_login(system: System) -> None:
    with httpx.Client(base_url=system.airflow.stack.url, trust_env=False, timeout=PATIENT) as client:
        assert client.get("/health").json() == {"state": "ok"}
        states = {each["check"]: each["state"] for each in client.get("/ready").json()["checks"]}
        assert client.get("/ready/details").status_code == 401
    assert {name: states[name] for name in ("databases", "migrations", "airflow")} == dict.fromkeys(
        ("databases", "migrations", "airflow"), "ok"
    )


def test_no_credential_shows_in_logs_metadata_or_ledger(system: System) -> None:
    """Search all task and component logs, what browsers saw, Airflow's metadata, and the ledger."""
    assert len(system.credentials) >= 4
    needles = [*system.credentials, "Atza|", "X-Amz-Signature"]
    searched = 0
    for path in system.airflow.stack.logs.rglob("*"):
        if path.is_file():
            searched += 1
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not [needle[:12] for needle in needles if needle in text], path
    assert searched > 20
    evidence = [path for path in (system.config.parent / "archive" / "evidence").rglob("*") if path.is_file()]
    for path in evidence:
        assert not [needle[:12] for needle in needles if needle.encode() in path.read_bytes()], path
    for database in (system.metadata, system.warehouse):
        tables = system.select(
            # Partitions are read through their tables, as everybody reads them.
            "SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class"
            " JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relkind IN ('r', 'p')"
            " AND NOT relispartition AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
            database=database,
        )
        assert len(tables) > 5
        for (table,) in tables:
            for needle in needles:
                found = system.select(
                    f"SELECT count(*) FROM {table} AS t WHERE position(%s IN t::text) > 0",
                    needle,
                    database=database,
                )
                assert found[0][0] == 0, (table, needle[:12])
