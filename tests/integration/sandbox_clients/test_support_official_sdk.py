"""The official Python SDK reads support cases: its models check every answer."""

from __future__ import annotations

from datetime import UTC, datetime

from integration.sandbox_clients.test_operations_official_sdk import US, client
from spapi import SPAPIClient
from spapi.api.support_v2025_02_01.support_api import SupportApi
from spapi.models.support_v2025_02_01 import CaseFilters, DateFilter, ListCasesRequest

__all__ = ["client"]


def test_it_reads_cases_and_their_contacts(client: SPAPIClient) -> None:
    api = SupportApi(client.api_client)
    recent = CaseFilters(created_date=DateFilter(after=datetime(2026, 9, 1, tzinfo=UTC)))
    wanted = {"marketplace_id": US, "case_filters": recent, "sort_field": "CREATION_DATE", "max_results": 5}
    first = api.list_cases(ListCasesRequest(**wanted))
    assert len(first.cases) == 5
    second = api.list_cases(ListCasesRequest(**wanted, next_token=first.next_token))
    assert not {case.case_id for case in first.cases} & {case.case_id for case in second.cases}
    created = [case.created_date for case in [*first.cases, *second.cases]]
    assert created == sorted(created, reverse=True)
    newest = first.cases[0]
    assert api.get_case(newest.case_id).subject == newest.subject
    contacts = api.list_contacts(newest.case_id, sort_order="ASC", max_results=1)
    assert contacts.contacts[0].created_date == newest.created_date
