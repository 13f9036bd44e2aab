"""No credential enters the ledger, however an error's text carries it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from support.processes import KEY, RUN

from sellerops.base.errors import RequestRefused
from sellerops.base.redaction import redact, redact_values
from sellerops.calendar.slices import Slice
from sellerops.ledger import ApiCall, Ledger, SliceState

ACCESS = "Atza|IwEBIKx7-made_up/token+0123456789=="
REFRESH = "Atzr|IwEBIMade-up_refresh/0123456789"
SECRET = "amzn1.oa2-cs.v1.0123456789abcdef0123456789abcdef"
OLD_SECRET = "4f3c2b1a0987654321fedcba0987654321aabbccddeeff00112233445566778"
SIGNATURE = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
PASSWORD = "pa55w0rd-of-the-proxy"
URL = (
    "https://tortuga-prod-na.s3-external-1.amazonaws.com/doc?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261120"
    f"&X-Amz-Credential=AKIAEXAMPLE1234567890%2F20261120&X-Amz-Signature={SIGNATURE}"
    "&X-Amz-Security-Token=FwoGZXIvYXdzEDummy"
)
SECRETS = (
    ACCESS,
    REFRESH,
    SECRET,
    OLD_SECRET,
    SIGNATURE,
    PASSWORD,
    "AKIAEXAMPLE1234567890",
    "FwoGZXIvYXdzEDummy",
)
TEXTS = [
    f"refused with x-amz-access-token: {ACCESS}",
    f"POST grant_type=refresh_token&refresh_token={REFRESH}&client_id=amzn1.application-oa2-client.1",
    f"{{'client_secret': '{SECRET}', 'refresh_token': '{REFRESH}'}}",
    f'{{"client_secret": "{OLD_SECRET}", "access_token":"{ACCESS}"}}',
    f"client_secret={OLD_SECRET}",
    f"Authorization: Bearer {OLD_SECRET}",
    f"headers {{'authorization': 'Basic {OLD_SECRET}'}}",
    f"bearer {OLD_SECRET}",
    f"GET {URL} failed",
    f"proxy http://agent:{PASSWORD}@proxy.internal:8080 is away",
    f"host=db user=airflow password={PASSWORD} dbname=x",
    f"postgresql://airflow:{PASSWORD}@db/x",
    f'escaped {{\\"refresh_token\\": \\"{OLD_SECRET}\\"}}',
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_loses_its_secrets(text: str) -> None:
    cleaned = redact(text)
    assert "***" in cleaned
    for secret in SECRETS:
        assert secret not in cleaned


def test_the_rest_of_a_text_stays() -> None:
    """What a person needs to find the fault is not a secret."""
    cleaned = redact(f"US: GET {URL} answered 403 for client_id=amzn1.application-oa2-client.1")
    assert cleaned.startswith(
        "US: GET https://tortuga-prod-na.s3-external-1.amazonaws.com/doc?X-Amz-Algorithm=AWS4"
    )
    assert "X-Amz-Date=20261120" in cleaned
    assert cleaned.endswith("answered 403 for client_id=amzn1.application-oa2-client.1")
    assert (
        redact("the token expired; 12 signatures; author: Ann")
        == "the token expired; 12 signatures; author: Ann"
    )


def test_values_are_cleaned_however_deep() -> None:
    cleaned = redact_values({"a": [{"refresh_token": "x1"}, TEXTS[0]], "n": 5, "Authorization": "y2"})
    assert cleaned["a"][0] == {"refresh_token": "***"}
    assert ACCESS not in str(cleaned)
    assert cleaned["n"] == 5
    assert cleaned["Authorization"] == "***"


def test_no_table_holds_a_secret(ledger: Ledger, owner: str) -> None:
    """Every free text the ledger takes is given secrets; a dump of all tables has none of them."""
    error = RequestRefused(" ".join(TEXTS), where=TEXTS[0], remedy=TEXTS[1])
    request = ledger.find_or_open_request(KEY, fresh_after=None, run=RUN)
    ledger.record_archived(
        request.id,
        uri=URL,
        nbytes=1,
        sha256="a" * 64,
        headers={"content_type": "x", "location": URL, "h": [REFRESH]},
    )
    failed = ledger.find_or_open_request(
        type(KEY)(**{**KEY.__dict__, "window_end": None}), fresh_after=None, run=RUN
    )
    ledger.record_failed(failed.id, error)
    slice_ = Slice(
        "amazon_sp", "r", "a", "NA", ("US",), "l", "UTC", first_day="2026-11-01", last_day="2026-11-01"
    )
    ledger.set_slice_state(slice_, SliceState.FAILED, error=error)
    ledger.log_call(ApiCall("a", "createReport", 403, error_type="RequestRefused", error=str(error)))
    ledger.claim_notice(TEXTS[2])

    dump = "\n".join(str(row) for row in _all_rows(owner))
    assert "RequestRefused" in dump
    assert "***" in dump
    for secret in SECRETS:
        assert secret not in dump


def _all_rows(conninfo: str) -> list[Any]:
    with psycopg.connect(conninfo) as connection:
        names = connection.execute(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = 'sellerops'::regnamespace AND relkind IN ('r', 'p')
            """
        ).fetchall()
        return [
            row
            for (name,) in names
            for row in connection.execute(f'SELECT to_jsonb(t) FROM sellerops."{name}" AS t')
        ]
