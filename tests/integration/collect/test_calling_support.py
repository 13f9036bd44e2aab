"""Support cases from plan to tables, against the local Amazon."""

from __future__ import annotations

import pytest
from integration.collect.parts import Bench
from integration.collect.test_calling import rows_of
from integration.collect.test_calling_supply import assert_whole

pytestmark = pytest.mark.usefixtures("stepping_clock")


def test_cases_and_what_was_said_in_them(bench: Bench) -> None:
    """Every recent case is there; the contacts are those of the cases that changed in the window."""
    assert_whole(bench, "support_cases")
    (row,) = rows_of(
        bench,
        """
        SELECT count(DISTINCT case_id) AS cases, count(DISTINCT contact.case_id) AS read,
               bool_and(contact.last_updated_at = one.last_updated_at) AS agree
        FROM amazon_sp.support_cases AS one LEFT JOIN amazon_sp.support_contacts AS contact
            USING (account_id, case_id)
        """,
    )
    assert row["cases"] > row["read"] > 0
    assert row["agree"]
    personal = rows_of(bench, "SELECT email_message FROM amazon_sp.support_contacts__personal")
    assert any(one["email_message"] for one in personal)
    archived = b"".join(path.read_bytes() for path in bench.documents())
    assert archived
    (request,) = rows_of(bench, "SELECT archive_uri FROM sellerops.report_request")
    with bench.archive.open(request["archive_uri"]) as stream:
        assert b"Signature" not in stream.read(), "links to attachments are secrets"
