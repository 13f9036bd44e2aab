from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sellerops.base.errors import LoginRefused
from sellerops.sources.seller_portal.credentials import PortalCredentials

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
COMPLETE = PortalCredentials("user@example.com", "pass-word", SECRET, connection="seller_portal_test")


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B (SHA-1; its last six digits)."""
    assert COMPLETE.code_at(datetime.fromtimestamp(59, UTC)) == "287082"
    assert COMPLETE.code_at(datetime.fromtimestamp(1_111_111_109, UTC)) == "081804"
    # As sites show it: in groups, in lower case.
    spaced = replace(COMPLETE, totp_secret="gezd gnbv gy3t qojq gezd gnbv gy3t qojq")
    assert spaced.code_at(datetime.fromtimestamp(59, UTC)) == "287082"


def test_a_digest_recognises_its_credentials_only() -> None:
    digest = COMPLETE.digest()
    assert COMPLETE.has_digest(digest)
    assert COMPLETE.digest() != digest
    for field in ("user", "password", "totp_secret"):
        assert not replace(COMPLETE, **{field: "another"}).has_digest(digest)
    for secret in COMPLETE.secrets:
        assert secret not in digest and secret not in repr(COMPLETE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user": ""}, "The user is missing"),
        ({"password": ""}, "The password is missing"),
        ({"totp_secret": "not-base32!"}, "not base32"),
    ],
)
def test_what_is_missing_is_named_with_its_connection(change: dict[str, str], words: str) -> None:
    with pytest.raises(LoginRefused, match=words) as caught:
        replace(COMPLETE, **change).check()
    assert caught.value.where == "connection seller_portal_test"
    assert "Admin > Connections" in caught.value.remedy


def test_a_secret_is_needed_only_where_a_code_is_asked_for() -> None:
    without = replace(COMPLETE, totp_secret="")
    without.check()
    with pytest.raises(LoginRefused, match="secret is missing"):
        without.code_at(datetime.fromtimestamp(59, UTC))
