"""Every report names the role that Amazon asks for, as the collected facts state it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from support.specs import shipped_specs

from sellerops.base.errors import CredentialsError
from sellerops.calendar.slices import Slice
from sellerops.collect.roles import explain_refusal
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.settings.specs.report_list import overview

FACTS = Path(__file__).resolve().parents[4] / "shared" / "amazon" / "report_types.csv"
SPECS = shipped_specs()
SLICE = Slice("amazon_sp", "r", "northwind_na", "NA", ("US",), "l", "UTC")
REFUSED = CredentialsError("Amazon answered 403.", where="createReport", remedy="Check.", status=403)


def words(roles: str) -> set[str]:
    """The single roles of a text: ``Pricing or Amazon Fulfillment`` is two."""
    parts = re.split(r",| or | \+ | and ", roles.replace(" for the brand", ""))
    return {part.removeprefix("or ").removeprefix("and ").strip() for part in parts} - {"", "Order Tracking"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_report_names_its_role(spec: ReportSpec) -> None:
    assert spec.role


@pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the project")
def test_the_roles_are_those_that_amazon_states() -> None:
    with FACTS.open(encoding="utf-8") as file:
        stated = {row["report_type"]: row["roles"] for row in csv.DictReader(file) if row["roles"]}
    known = [spec for spec in SPECS if spec.report_type in stated]
    assert len(known) > 40
    explained = {spec.name: words(spec.role) for spec in known}
    assert explained == {spec.name: words(stated[spec.report_type]) for spec in known}


def test_the_page_of_reports_lists_what_to_ask_amazon_for() -> None:
    page = overview(SPECS)
    (line,) = [line for line in page.splitlines() if line.startswith("| Finance and Accounting |")]
    assert line == "| Finance and Accounting | `settlements`, `transactions` |"
    (row,) = [line for line in page.splitlines() if line.startswith("| `sales_and_traffic` |")]
    assert row.endswith("| Brand Analytics |")


@pytest.mark.parametrize("name", ["sales_and_traffic", "settlements", "awd_inventory", "sp_campaigns"])
def test_a_refusal_names_role_and_marketplace(name: str) -> None:
    spec = load_spec(name)
    explained = explain_refusal(spec, SLICE, REFUSED)
    assert spec.role in explained.cause
    assert "US of account northwind_na" in explained.cause
    assert explained.details["role"] == spec.role
    assert explain_refusal(spec, SLICE, explained) is explained, "an explanation is not explained again"


def test_only_a_refusal_is_explained() -> None:
    assert "northwind_na" in load_accounts()
    expired = CredentialsError("Amazon answered 401.", where="x", status=401)
    assert explain_refusal(load_spec("settlements"), SLICE, expired) is expired
