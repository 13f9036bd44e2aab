"""The form of fba_inbound offers what the configuration has, and every field may stay empty."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from sellerops.inbound.requests.form_fields import TITLES
from sellerops.inbound.settings import INBOUND
from sellerops.settings.accounts import load_accounts
from sellerops_airflow.runs.inbound_form import inbound_form

FORM = inbound_form(INBOUND.read(), load_accounts())


def test_keys_and_titles_are_those_of_the_reader() -> None:
    assert {key: param.schema["title"] for key, param in FORM.items()} == TITLES


def test_every_field_may_stay_empty_so_that_all_that_is_missing_is_reported_at_once() -> None:
    params = ParamsDict(dict(FORM))
    params.validate()
    assert {key: value for key, value in params.dump().items() if value is not None} == {"dry_run": False}
    params.update(dict.fromkeys(FORM))
    params.validate()


def test_choices_are_those_of_the_configuration_and_name_their_accounts() -> None:
    account, marketplace, address, contact = (
        FORM[key].schema for key in ("account", "marketplace", "source_address", "contact")
    )
    assert account["enum"] == ["northwind_na", "northwind_eu", None]
    assert "US" in marketplace["enum"] and marketplace["values_display"]["DE"] == "DE (northwind_eu)"
    assert address["values_display"]["dallas"] == "dallas (Dallas, US; northwind_na)"
    assert contact["enum"] == ["dallas_dock", "leipzig_dock", None]
    with pytest.raises(ParamValidationError):
        _validated({"account": "somebody_else"})


def test_a_rest_call_may_send_lists_of_objects() -> None:
    values = {
        "items": [{"sku": "A", "quantity": 3}],
        "boxes": [{"box": "1", "sku": "A", "quantity": 3}],
        "preferred_carriers": ["UPS", "FedEx"],
        "declared_value": 120.5,
    }
    assert _validated(json.loads(json.dumps(values))).items() >= values.items()


def _validated(values: dict[str, object]) -> dict[str, object]:
    params = ParamsDict(dict(FORM))
    params.update(values)
    params.validate()
    found: dict[str, object] = params.dump()
    return found
