"""Catalogue mapping: suggestions for unmapped SKUs, accepted or uploaded, noted with before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from support.hub import ACCOUNT, Hub, HubServer

MAPPING = "/hub/api/health/mapping"
DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        product = {"is_resold": False, "is_listed": True, "known_since": DAY, "last_seen": DAY, "asins": 1}
        hub.add(
            "product",
            {**product, "sku": "MUG-1", "asin": "B01", "own_id": "100", "missing": ""},
            {**product, "sku": "LAMP", "asin": "B02", "own_id": "200", "missing": ""},
            {**product, "sku": "mug 1 b", "title": "A mug", "missing": "mapping"},
            {**product, "sku": "OTHER", "asin": "B02", "missing": "mapping"},
            {**product, "sku": "STRANGE", "missing": "mapping"},
        )
        unmapped = {"known_since": DAY, "last_seen": DAY}
        hub.add(
            "unmapped_product",
            *({**unmapped, "sku": sku, "reason": "asin"} for sku in ("mug 1 b", "STRANGE")),
            {**unmapped, "sku": "OTHER", "asin": "B02", "reason": "own_id"},
        )
        hub.add("unmapped_day", *({"day": date(2026, 11, n), "unmapped": n, "new": 1} for n in (18, 19)))
        yield hub


def test_unmapped_skus_come_with_suggestions(hub: Hub) -> None:
    found = hub.owner.get(MAPPING, params={"sort": "sku", "direction": "asc"}).json()
    lines = {row["sku"]: row for row in found["rows"]}
    assert found["row_count"] == 3
    assert (lines["OTHER"]["like_sku"], lines["OTHER"]["certainty"]) == ("LAMP", 0.95)
    assert (lines["mug 1 b"]["like_sku"], lines["mug 1 b"]["suggested_own_id"]) == ("MUG-1", "100")
    assert lines["STRANGE"]["like_sku"] is None
    # Of a page, only its own rows are compared.
    page = hub.owner.get(MAPPING, params={"sort": "sku", "direction": "asc", "limit": 1}).json()
    assert page["rows"] == found["rows"][:1]


def test_the_trend_is_that_of_the_mart(hub: Hub) -> None:
    days = hub.owner.get(f"{MAPPING}/trend").json()
    assert [(each["day"], each["unmapped"]) for each in days] == [("2026-11-18", 18), ("2026-11-19", 19)]


def test_an_accepted_suggestion_keeps_what_else_is_said_about_the_sku(hub: Hub) -> None:
    hub.add_to(
        "sellerops_reference.product_mapping", {"account_id": ACCOUNT, "sku": "OTHER", "title": "My lamp"}
    )
    row = {"account_id": ACCOUNT, "sku": "OTHER", "own_id": "200"}
    assert hub.partner.post(f"{MAPPING}/accept", json={"rows": [row]}).status_code == 403
    told = hub.owner.post(f"{MAPPING}/accept", json={"rows": [row]})
    assert (told.status_code, told.json()["changed"]) == (200, 1)
    (stored,) = hub.rows("SELECT * FROM sellerops_reference.product_mapping WHERE sku = 'OTHER'")
    assert (stored["own_id"], stored["title"]) == ("200", "My lamp")
    entry = _entry(hub, "mapping.accept")
    assert (entry["user_name"], entry["account_id"], entry["subject"]) == ("owner", ACCOUNT, "OTHER")
    assert (entry["before"][0]["own_id"], entry["after"][0]["own_id"]) == (None, "200")
    (edit,) = hub.rows("SELECT edited_by FROM sellerops.reference_edit WHERE source = 'seller hub'")
    assert edit["edited_by"] == "owner"

    unknown = hub.owner.post(f"{MAPPING}/accept", json={"rows": [{**row, "account_id": "nobody"}]})
    assert unknown.status_code == 422
    assert "nobody" in unknown.json()["detail"]


def test_accepting_reads_the_table_when_nobody_else_may_edit_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are written whole: one that was read before another edit was stored would undo it."""
    from sellerops_airflow.dashboard.routes import mapping

    stored, free = mapping._stored, []
    key = "hashtextextended('sellerops.reference:product_mapping', 0)"

    def read(connection: Any) -> Any:
        free.extend(hub.rows(f"SELECT pg_try_advisory_xact_lock({key}) AS free"))
        return stored(connection)

    monkeypatch.setattr(mapping, "_stored", read)
    unknown = {"account_id": "nobody", "sku": "OTHER", "own_id": "200"}
    assert hub.owner.post(f"{MAPPING}/accept", json={"rows": [unknown]}).status_code == 422
    assert free == [{"free": False}]


def test_a_downloaded_file_is_corrected_checked_and_uploaded(hub: Hub) -> None:
    text = hub.owner.get(f"{MAPPING}/csv?suggestions=true").content.decode("utf-8-sig")
    assert "suggested: spelled like MUG-1" in text
    wrong = {"content": "account,sku,color\nnobody,X,red\n", "check": False}
    problems = hub.owner.post(f"{MAPPING}/upload", json=wrong).json()["problems"]
    assert problems[0]["place"]
    before = hub.rows("SELECT count(*) AS n FROM sellerops.audit_entry")

    line = next(each for each in text.splitlines() if "mug 1 b" in each)
    file = {"content": f"{text.splitlines()[0]}\n{line}\n"}
    checked = hub.owner.post(f"{MAPPING}/upload", json={**file, "check": True}).json()
    assert (checked["added"], checked["problems"]) == (1, [])
    assert hub.rows("SELECT * FROM sellerops_reference.product_mapping WHERE sku = 'mug 1 b'") == []
    assert hub.rows("SELECT count(*) AS n FROM sellerops.audit_entry") == before

    stored = hub.owner.post(f"{MAPPING}/upload", json={**file, "check": False}).json()
    assert (stored["added"], stored["changed"]) == (1, 0)
    entry = _entry(hub, "mapping.upload")
    assert (entry["before"], entry["after"][0]["sku"]) == (None, "mug 1 b")
    assert "mug 1 b" in hub.owner.get(f"{MAPPING}/csv").text


def _entry(hub: Hub, action: str) -> dict[str, Any]:
    (entry,) = hub.rows("SELECT * FROM sellerops.audit_entry WHERE action = %s", action)
    return entry
