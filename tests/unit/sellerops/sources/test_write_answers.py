"""How answers to writes are read: without a body, accepted, and refused with all of Amazon's reasons."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sellerops.base.errors import AmazonUnavailable, CredentialsError, RequestRefused, SellerOpsError
from sellerops.sources.amazon_sp.transport import answer_of, check
from sellerops.sources.common.lwa import Credentials

CREDENTIALS = Credentials(
    "one", "two", "three", "https://amazon.example", "https://lwa.example", "amazon_sp_northwind"
)
SKUS = [
    {
        "code": "BadRequest",
        "message": f"ERROR: {sku} does not require prepOwner but SELLER was assigned.",
        "details": "Accepted values: [NONE]",
    }
    for sku in ("LAMP-1", "LAMP-2")
]


@pytest.mark.parametrize(
    ("status", "body", "values"),
    [
        (204, b"", {}),
        (202, b'{"operationId": "o1"}', {"operationId": "o1"}),
        (201, b'{"operationId": "o1"}', {"operationId": "o1"}),
        (200, b"{}", {}),
    ],
)
def test_an_accepted_write_is_an_answer(status: int, body: bytes, values: dict[str, Any]) -> None:
    response = httpx.Response(status, content=body)
    check(response, "updateInboundPlanName", CREDENTIALS)
    answer = answer_of(response, "updateInboundPlanName")
    assert answer == values
    assert answer.status == status
    assert json.loads(answer.text) == values


@pytest.mark.parametrize("status", [200, 201, 202])
def test_only_204_may_lack_a_body(status: int) -> None:
    response = httpx.Response(status)
    check(response, "createInboundPlan", CREDENTIALS)
    with pytest.raises(AmazonUnavailable) as caught:
        answer_of(response, "createInboundPlan")
    assert caught.value.details["sent"] is True


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (403, CredentialsError),
        (404, RequestRefused),
        (413, RequestRefused),
        (415, RequestRefused),
    ],
)
def test_a_refusal_has_every_reason_verbatim(status: int, kind: type[SellerOpsError]) -> None:
    error = refusal(status, {"errors": SKUS})
    assert type(error) is kind
    assert error.details["code"] == "BadRequest"
    assert error.details["errors"] == SKUS
    for reason in SKUS:
        assert f"{reason['message']} {reason['details']}" in error.cause


def test_other_codes_are_named_and_repetitions_left_out() -> None:
    other = {"code": "InvalidInput", "message": "The name is too long.", "details": ""}
    error = refusal(400, {"errors": [SKUS[0], SKUS[0], other]})
    assert error.cause.count("LAMP-1") == 1
    assert "; InvalidInput The name is too long." in error.cause
    assert len(error.details["errors"]) == 3


def test_a_refusal_of_every_item_of_a_plan_is_bounded() -> None:
    error = refusal(
        400, {"errors": [{"code": "BadRequest", "message": f"{n:04}" * 1_250} for n in range(2_000)]}
    )
    assert len(error.details["errors"]) == 50
    assert len(error.cause) < 60_000


def test_a_refusal_shows_no_secret() -> None:
    secret = "Atza|IQEBLjAsAhRmHjNgHpi0U"
    error = refusal(400, {"errors": [{"code": "BadRequest", "message": "no", "details": f"token {secret}"}]})
    assert secret not in f"{error} {error.details}"


def refusal(status: int, body: dict[str, Any]) -> SellerOpsError:
    with pytest.raises(SellerOpsError) as caught:
        check(httpx.Response(status, json=body), "createInboundPlan", CREDENTIALS)
    return caught.value
