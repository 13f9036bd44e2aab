"""Support cases: they take their turns, fit their filters, and pages show one moment."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from httpx import Response
from support.sandbox_app import NOW, Api, epoch

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.support import SELLER, cases_seen

PATH = "/support/2025-02-01/cases"


@pytest.fixture
def api(na: Api) -> Api:
    for operation in na.sandbox.quotas.published:
        na.sandbox.quotas.set_plan(operation, None, UsagePlan(1e6, 1e6), epoch(NOW))
    return na


def ask(api: Api, **body: Any) -> Response:
    answer: Response = api.http.post(PATH, json=body, headers={"x-amz-access-token": api.token})
    return answer


def cases(api: Api, **body: Any) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = ask(api, **body, **token)
        assert answer.status_code == 200, answer.text
        found += answer.json()["cases"]
        if "nextToken" not in answer.json():
            return found
        token = {"nextToken": answer.json()["nextToken"]}


def get(api: Api, path: str, **query: Any) -> Response:
    answer: Response = api.http.get(f"{PATH}/{path}", params=query, headers={"x-amz-access-token": api.token})
    return answer


def test_two_years_of_cases_come_in_pages_newest_first(api: Api) -> None:
    found = cases(api)
    assert len(found) > 150
    assert len({case["caseId"] for case in found}) == len(found)
    created = [case["createdDate"] for case in found]
    assert created == sorted(created, reverse=True)
    assert {case["status"] for case in found} == {
        "RESOLVED",
        "PENDING_AMAZON_ACTION",
        "PENDING_MERCHANT_ACTION",
    }
    assert cases(api, sortOrder="ASC", maxResults=7) == sorted(found, key=lambda case: case["createdDate"])


def test_pages_show_the_moment_of_the_first(api: Api) -> None:
    first = ask(api, maxResults=50, sortOrder="ASC").json()
    api.later(30 * 86_400)
    token = first["nextToken"]
    rest: list[dict[str, Any]] = []
    while token:
        page = ask(api, maxResults=50, sortOrder="ASC", nextToken=token).json()
        rest += page["cases"]
        token = page.get("nextToken")
    assert max(case["lastUpdatedDate"] for case in rest) <= NOW
    assert ask(api, sortOrder="ASC", maxResults=49, nextToken=first["nextToken"]).status_code == 400


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"caseStatuses": ["RESOLVED"]}, lambda case: case["status"] == "RESOLVED"),
        ({"createdDate": {"after": "2026-11-01T00:00:00Z"}}, lambda case: case["createdDate"] > "2026-11-01"),
        (
            {"resolvedDate": {"before": "2026-10-01T00:00:00Z"}},
            lambda case: case.get("resolvedDate", "z") < "2026-10",
        ),
        ({"subjectKeywords": "STORAGE fee"}, lambda case: case["subject"].startswith("Storage fee")),
        ({"ccEmails": ["owner@northwind-na.example"]}, lambda case: case["ccEmails"] != []),
        ({"primaryEmails": ["nobody@example.com"]}, lambda case: False),
    ],
)
def test_filters(api: Api, filters: dict[str, Any], fits: Any) -> None:
    everything = cases(api)
    wanted = [case for case in everything if fits(case)]
    assert cases(api, caseFilters=filters) == wanted
    assert len(wanted) < len(everything)


def test_bounds_of_dates_are_excluded(api: Api) -> None:
    exact = cases(api)[0]["createdDate"]
    assert all(
        case["createdDate"] != exact for case in cases(api, caseFilters={"createdDate": {"after": exact}})
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"maxResults": 51}, 400),
        ({"maxResults": 0}, 400),
        ({"sortField": "LAST_UPDATED"}, 400),
        ({"caseFilters": {"caseStatuses": ["OPEN"]}}, 400),
        ({"caseFilters": {"createdDate": {"after": "yesterday"}}}, 400),
        ({"caseFilters": {"updatedDate": {}}}, 400),
        ({"marketplaceId": "A1F83G8C2ARO7P"}, 403),
        ({"marketplaceId": "ATVPDKIKX0DER"}, 200),
    ],
)
def test_what_the_model_does_not_know_is_refused(api: Api, body: dict[str, Any], status: int) -> None:
    assert ask(api, **body).status_code == status


def test_a_case_has_its_contacts_and_changes_with_them(api: Api) -> None:
    storefront = api.sandbox.simulation.storefront(api.seller, "ATVPDKIKX0DER")
    now = int(epoch(NOW))
    for case in cases_seen(storefront, now):
        contacts = case.seen(now)
        senders = [contact.sender for contact in contacts]
        assert senders[0] == SELLER
        assert all(one != other for one, other in pairwise(senders)), "they take turns"
        assert case.created_at <= contacts[-1].at <= case.updated_at(now) <= now
    newest = cases(api, maxResults=1)[0]
    answer = get(api, f"{newest['caseId']}/contacts", sortOrder="ASC")
    assert answer.json()["contacts"][0]["createdDate"] == newest["createdDate"]
    assert get(api, newest["caseId"]).json() == newest
    assert get(api, "0").status_code == get(api, "0/contacts").status_code == 404


def test_every_channel_has_its_content(api: Api) -> None:
    kinds: dict[str, dict[str, Any]] = {}
    for case in cases(api)[:60]:
        for contact in get(api, f"{case['caseId']}/contacts").json()["contacts"]:
            kinds.setdefault(contact["channel"], contact)
    assert set(kinds) == {"EMAIL", "CHAT", "PHONE"}
    assert "message" in kinds["EMAIL"]["emailContent"]
    assert "transcript" in kinds["CHAT"]["chatContent"]
    assert "callNotes" in kinds["PHONE"]["phoneContent"]
