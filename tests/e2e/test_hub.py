"""A write of the seller hub that starts a run, from a person's click to the answer on the page."""

from __future__ import annotations

import pytest
from support.hub_browser import DESK, ROOT, SECONDS, running_chromium
from support.system import PATIENT, System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

CONNECTION = "amazon_sp_northwind_na"


def test_a_person_logs_in_tests_a_connection_and_reads_the_answer(system: System) -> None:
    system.airflow.wait_for_dags("sellerops__connections")
    system.airflow.api.set_paused("sellerops__connections", False)
    with running_chromium() as chromium:
        page = chromium.new_page(viewport=DESK)
        page.goto(f"{system.airflow.stack.url}/plugin/hub/connections")
        # Not logged in: Airflow asks, and leads back.
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill(system.airflow.stack.password)
        page.get_by_role("button", name="Sign in").click()
        page.locator(ROOT).get_by_role("button", name=f"Test now: {CONNECTION}").click(timeout=SECONDS)
        row = page.get_by_role("row").filter(has_text=CONNECTION)
        row.get_by_text("Works", exact=True).wait_for(timeout=PATIENT * 1000)
    tested = "SELECT state FROM sellerops.connection_test WHERE connection = %s AND run_id LIKE 'hub__%%'"
    assert system.select(tested, CONNECTION) == [("ok",)]
    started = "SELECT user_name FROM sellerops.audit_entry WHERE action = 'connection.test'"
    assert system.select(started) == [("admin",)]
