"""The trigger form: its fields, and the mistakes it refuses before anything is requested."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from support.fake_runtime import DAG_ID, FakeRuntime, task_context

from sellerops.base.errors import FormError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.settings.specs.account_selection import accounts_for
from sellerops_airflow.operators.plan_slices import PlanSlicesOperator
from sellerops_airflow.runs.run_form import RunForm, form_params, marketplaces_of

SPEC = load_spec("sales_and_traffic")
ACCOUNTS = accounts_for(SPEC, load_accounts())
NAMES = {"from_day": "From day", "to_day": "To day", "period": "Days", "accounts": "Accounts",
         "marketplaces": "Marketplaces", "priority": "Priority"}  # fmt: skip
NA, EU = "US, CA, MX (northwind_na)", "GB, DE, FR (northwind_eu)"


def parse(**fields: str) -> RunForm:
    return RunForm.parse(**{name: "" for name in NAMES if name != "priority"} | fields)


def test_fields_become_days_and_names() -> None:
    form = parse(from_day="2026-11-01", to_day="2026-11-02", accounts="northwind_na", marketplaces="US, CA")
    assert (form.from_day, form.to_day) == (date(2026, 11, 1), date(2026, 11, 2))
    assert (form.accounts, form.marketplaces) == ({"northwind_na"}, {"US", "CA"})
    assert parse(period="3").period == timedelta(days=3)
    assert parse(from_day="None", period="None") == RunForm()


def test_no_field_is_marked_as_required() -> None:
    """Airflow's UI marks every field whose type does not admit null."""
    params = form_params(SPEC, ACCOUNTS)
    assert {name: param.schema["title"] for name, param in params.items()} == NAMES
    for param in params.values():
        assert "null" in param.schema["type"]
        param.resolve(None)  # valid when empty


def test_the_days_are_a_section_apart_from_the_rest() -> None:
    """The UI expands only the unnamed section, so a backfill's form shows only its own dates."""
    params = form_params(SPEC, ACCOUNTS)
    sections = {name: param.schema.get("section") for name, param in params.items()}
    (days,) = {sections[name] for name in ("from_day", "to_day", "period")}
    assert days
    assert "backfill" in days
    assert {sections[name] for name in ("accounts", "marketplaces", "priority")} == {None}


def test_accounts_and_marketplaces_are_shown_with_each_other() -> None:
    params = form_params(SPEC, ACCOUNTS)
    accounts = params["accounts"].schema
    assert accounts["values_display"]["northwind_na"] == "northwind_na (US, CA, MX)"
    assert set(accounts["values_display"]) == set(accounts["examples"])
    assert params["marketplaces"].schema["values_display"]["DE"] == "DE (northwind_eu)"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"from_day": "20.11.2026"}, "Trigger form, From day: '20.11.2026' is not a valid date."),
        ({"to_day": "soon"}, "Trigger form, To day: 'soon' is not a valid date."),
        (
            {"from_day": "2026-11-20", "to_day": "2026-11-01"},
            "Trigger form, From day: From day 2026-11-20 is after To day 2026-11-01.",
        ),
        ({"period": "a week"}, "Trigger form, Days: 'a week' is not a number of days."),
        (
            {"period": "3", "to_day": "2026-11-01"},
            "Trigger form, Days: both Days (3) and To day are filled in.",
        ),
    ],
)
def test_a_mistake_is_reported_in_the_forms_words(fields: dict[str, str], expected: str) -> None:
    with pytest.raises(FormError) as caught:
        parse(**fields)
    assert str(caught.value).startswith(expected)
    assert not any(name in str(caught.value) for name in ("from_day", "to_day", "period", "parameter"))


@pytest.mark.parametrize(
    ("fields", "expected", "choice"),
    [
        ({"accounts": "northwind_na", "marketplaces": "DE"}, "northwind_na does not sell in DE.", NA),
        ({"accounts": "northwind_na", "marketplaces": "US,DE,FR"}, "does not sell in DE, FR", NA),
        ({"marketplaces": "JP"}, "northwind_eu or northwind_na do not sell in JP.", EU),
        (
            {"accounts": "northwind_na,northwind_eu", "marketplaces": "US"},
            "northwind_eu does not sell in any chosen marketplace (US).",
            EU,
        ),
        ({"accounts": "nobody"}, "the report does not cover nobody.", "northwind_eu, northwind_na"),
    ],
)
def test_accounts_and_marketplaces_that_do_not_match_are_refused_for_every_account(
    runtime: FakeRuntime, fields: dict[str, str], expected: str, choice: str
) -> None:
    """Each account's task fails, so nothing is planned or requested for any of them."""
    for account in ACCOUNTS:
        plan = PlanSlicesOperator(task_id="plan_slices", report=DAG_ID, account_id=account.id, **fields)
        with pytest.raises(FormError) as caught:
            plan.execute(task_context(data_interval_end=None, run_type="manual"))
        assert expected in str(caught.value)
        assert choice in caught.value.remedy
    assert not runtime.fake_ledger.rows


def test_only_marketplaces_that_the_report_is_for_can_be_chosen() -> None:
    spec = SPEC.model_copy(update={"marketplaces": ("US", "DE")})
    assert marketplaces_of(spec, ACCOUNTS) == {"northwind_na": ("US",), "northwind_eu": ("DE",)}


def test_a_backfill_with_days_of_its_own_is_refused(runtime: FakeRuntime) -> None:
    """Each of its runs would collect the same days."""
    plan = PlanSlicesOperator(
        task_id="plan_slices", report=DAG_ID, account_id="northwind_na", from_day="2026-11-01"
    )
    with pytest.raises(FormError, match="From day is filled in, but a backfill collects"):
        plan.execute(task_context(run_type="backfill"))
    assert not runtime.fake_ledger.rows
    assert plan.execute(task_context(data_interval_end=None, run_type="manual"))
