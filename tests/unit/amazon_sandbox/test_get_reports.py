from __future__ import annotations

from typing import Any

import pytest
from support.sandbox_app import INVENTORY, ORDERS, SALES, SETTLEMENTS, Api

from amazon_sandbox.core.sandbox import Sandbox


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"reportTypes": ""},
        {"reportTypes": "GET_NO_SUCH_REPORT"},
        {"reportTypes": ",".join([SALES] * 11)},
        {"reportTypes": SALES, "pageSize": "0"},
        {"reportTypes": SALES, "pageSize": "101"},
        {"reportTypes": SALES, "pageSize": "ten"},
        {"reportTypes": SALES, "processingStatuses": "FINISHED"},
        {"reportTypes": SALES, "createdSince": "2026-08-01T00:00:00Z"},
        {"reportTypes": SALES, "createdSince": "soon"},
        {"nextToken": "VGhpcyBpcyBub3QgYSB0b2tlbg=="},
        {"nextToken": "x", "pageSize": "10"},
    ],
)
def test_wrong_parameters_are_400(na: Api, params: dict[str, str]) -> None:
    """Each rule of the model and of Amazon's answers."""
    answer = na.call("GET", "/reports", params=params)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_newest_first_by_type_status_marketplace_and_time(na: Api, sandbox: Sandbox) -> None:
    """Each filter narrows the list."""
    first, done = na.create(ORDERS), na.finished(INVENTORY)["reportId"]
    last = na.create(SALES, marketplaceIds=[na.seller.marketplace_ids[1]])
    types = f"{ORDERS},{INVENTORY},{SALES}"

    def ids(**params: str) -> list[str]:
        return [report["reportId"] for report in na.listed(types, **params)]

    assert ids() == [last, done, first]
    assert [report["reportId"] for report in na.listed(ORDERS)] == [first]
    assert ids(processingStatuses="DONE") == [done, first]
    assert ids(processingStatuses="IN_QUEUE,IN_PROGRESS") == [last]
    assert ids(marketplaceIds=na.seller.marketplace_ids[1]) == [last]
    assert ids(createdSince="2026-11-21T09:05:00Z") == [last]
    assert ids(createdUntil="2026-11-21T09:05:00+00:00") == [done, first]


def test_pages_are_stable_while_reports_are_created(na: Api, sandbox: Sandbox) -> None:
    """Following nextToken gives each report once, also when new ones appear in between."""
    ids = [na.create(SALES) for _ in range(7)]
    page = na.call("GET", "/reports", params={"reportTypes": SALES, "pageSize": 3}).json()
    seen = [report["reportId"] for report in page["reports"]]
    while "nextToken" in page:
        sandbox.clock.change(jump=60)
        na.create(SALES)
        page = na.call("GET", "/reports", params={"nextToken": page["nextToken"]}).json()
        seen += [report["reportId"] for report in page["reports"]]
    assert seen == ids[::-1]


def test_the_last_page_has_no_token(na: Api) -> None:
    """Exactly a page full is one page."""
    for _ in range(3):
        na.create(SALES)
    assert "nextToken" not in na.call("GET", "/reports", params={"reportTypes": SALES, "pageSize": 3}).json()


def test_repeated_parameters_are_a_list_too(na: Api) -> None:
    """Clients write arrays in either way."""
    na.create(SALES)
    na.create(ORDERS)
    answer = na.call("GET", "/reports", params={"reportTypes": [SALES, ORDERS]})
    assert len(answer.json()["reports"]) == 2


def test_settlements_appear_on_schedule(na: Api, sandbox: Sandbox) -> None:
    """DONE from the start, one fixed id each, none older than 90 days, more over time."""
    before = na.listed(SETTLEMENTS, pageSize=100)
    assert before
    assert {report["processingStatus"] for report in before} == {"DONE"}
    assert min(report["createdTime"] for report in before) >= "2026-08-23"
    assert [report["reportId"] for report in na.listed(SETTLEMENTS, pageSize=100)] == [
        report["reportId"] for report in before
    ]
    na.later(15 * 86_400)
    after = na.listed(SETTLEMENTS, pageSize=100)
    new = {report["reportId"] for report in after} - {report["reportId"] for report in before}
    assert new
    assert b"settlement-id" in na.download(after[0])


def test_a_settlement_can_be_published_twice(na: Api, control: Any) -> None:
    """Two report ids, two document ids, the same bytes."""
    control("POST", "/faults", {"fault": "settlement_twice", "times": 1})
    again, *others = na.listed(SETTLEMENTS, pageSize=100)
    twin = next(other for other in others if other["dataEndTime"] == again["dataEndTime"]
                and other["marketplaceIds"] == again["marketplaceIds"])  # fmt: skip
    assert again["reportDocumentId"] != twin["reportDocumentId"]
    assert na.download(again) == na.download(twin)


def test_a_settlement_can_be_corrected(na: Api, control: Any) -> None:
    """Published again with one line fewer, and still balanced."""
    control("POST", "/faults", {"fault": "settlement_corrected", "times": 1})
    again, *others = na.listed(SETTLEMENTS, pageSize=100)
    first = next(other for other in others if other["dataEndTime"] == again["dataEndTime"]
                 and other["marketplaceIds"] == again["marketplaceIds"])  # fmt: skip
    corrected, original = (na.download(each).decode("cp1252").splitlines() for each in (again, first))
    assert len(corrected) == len(original) - 1
    assert corrected[1] == original[1] and corrected[3:] == original[4:]
