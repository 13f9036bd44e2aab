"""What holds for all pages of the seller hub: roles, hidden costs, tables, CSV and an absent database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from support.hub import US, Hub, HubServer

DAYS = "/hub/api/profit/days"


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        hub.add(
            "profit_day",
            {"day": date(2026, 11, 19), "currency": "USD", "units": 3, "reporting_currency": "EUR",
             "cm2_reporting": 2, "profit_reporting": 1, "status": "complete", "missing": ""},
        )  # fmt: skip
        yield hub


def test_context_names_user_accounts_and_figures(hub: Hub) -> None:
    found = hub.owner.get("/hub/api/context")
    assert found.status_code == 200, found.text
    context = found.json()
    assert context["user"] == {"name": "owner", "is_owner": True, "sees_costs": True, "costs_hidden": ""}
    assert (context["today"], context["yesterday"], context["last_day"]) == (
        "2026-11-21", "2026-11-20", "2026-11-19",
    )  # fmt: skip
    assert [each["name"] for each in context["marts"]] == ["profit_day"]
    (us,) = [m for a in context["accounts"] for m in a["marketplaces"] if m["id"] == US]
    assert (us["code"], us["currency"], us["last_day"]) == ("US", "USD", "2026-11-19")
    assert hub.partner.get("/hub/api/context").json()["user"]["is_owner"] is False


def test_partners_see_costs_only_if_the_owner_says_so(hub: Hub) -> None:
    (day,) = hub.owner.get(DAYS).json()
    assert (day["cm2"], day["units"]) == ("2", 3)
    (day,) = hub.partner.get(DAYS).json()
    assert (day["cm2"], day["profit"], day["units"]) == (None, None, 3)
    hub.add_to(
        "sellerops.hub_setting", {"name": "partner_sees_costs", "value": "true", "changed_by": "owner"}
    )
    (day,) = hub.partner.get(DAYS).json()
    assert day["cm2"] == "2"
