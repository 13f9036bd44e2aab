"""inbound.yaml: the shipped file, what it answers, and every error with file, key and remedy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sellerops.base.errors import ConfigurationError
from sellerops.inbound.models import Shipping
from sellerops.inbound.setting_models import Following, ThermalLabel
from sellerops.inbound.settings import INBOUND, InboundSettings, unknown_accounts
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import config_dir
from sellerops.settings.marketplaces import all_marketplaces, marketplace

SHIPPED = (config_dir() / "inbound.yaml").read_text(encoding="utf-8")


def read(tmp_path: Path, text: str) -> InboundSettings:
    path = tmp_path / "inbound.yaml"
    path.write_text(text, encoding="utf-8")
    return INBOUND.read(path)


def changed(old: str, new: str) -> str:
    assert old in SHIPPED
    return SHIPPED.replace(old, new, 1)


def test_the_shipped_file_lets_every_account_ship_and_knows_only_accounts_of_the_configuration() -> None:
    settings = INBOUND.read()
    accounts = load_accounts()
    for account_id in accounts:
        assert settings.addresses_of(account_id)
        assert settings.contacts_of(account_id)
        assert settings.approvers(account_id) == ("admin",)
    assert unknown_accounts(settings, accounts, config_dir() / "inbound.yaml") == []


def test_who_does_not_ship_needs_no_settings(tmp_path: Path) -> None:
    settings = read(tmp_path, "addresses: {}\n")
    assert settings.addresses_of("northwind_na") == ()
    assert unknown_accounts(settings, [], tmp_path / "inbound.yaml") == []


def test_a_configuration_folder_without_the_file_ships_nothing(tmp_path: Path) -> None:
    """As after an update; the DAGs and the checks of deadlines work all the same."""
    assert INBOUND.read(tmp_path / "inbound.yaml").addresses == {}


def test_automatic_approval_is_off_in_the_shipped_file() -> None:
    assert INBOUND.read().auto_approval_limit("northwind_na", "USD") is None


def test_every_marketplace_has_limits_and_labels() -> None:
    settings = INBOUND.read()
    for each in all_marketplaces().values():
        assert settings.box_limit(each).weight > 0
        assert settings.labels_of(each.code).items


def test_an_address_becomes_amazons_address_without_empty_fields() -> None:
    address = INBOUND.read().addresses["leipzig"].for_amazon()
    assert address == {
        "name": "Northwind Lager",
        "companyName": "Northwind Handels GmbH",
        "addressLine1": "Beispielstraße 12",
        "city": "Leipzig",
        "stateOrProvinceCode": "SN",
        "postalCode": "04109",
        "countryCode": "DE",
        "phoneNumber": "+49 30 23125 142",
        "email": "leipzig@northwind.example",
    }


def test_a_contact_becomes_amazons_contact() -> None:
    assert INBOUND.read().contacts["dallas_dock"].for_amazon() == {
        "name": "Dallas Dock",
        "phoneNumber": "+1 214 555 0144",
        "email": "dock@northwind.example",
    }


def test_labels_differ_by_marketplace_shipping_and_carrier() -> None:
    settings = INBOUND.read()
    us, de = settings.labels_of("US"), settings.labels_of("DE")
    assert us.boxes(Shipping.SPD, is_partnered=True) == "PackageLabel_Letter_2"
    assert us.boxes(Shipping.SPD, is_partnered=False) == "PackageLabel_Letter_6"
    assert us.boxes(Shipping.LTL, is_partnered=True) == "PackageLabel_Letter_4"
    assert de.boxes(Shipping.SPD, is_partnered=True) == "PackageLabel_A4_2"
    assert (us.items, de.items) == ("Letter_30", "A4_27")


def test_item_labels_may_be_for_a_thermal_printer(tmp_path: Path) -> None:
    settings = read(tmp_path, changed("items: Letter_30", "items: {width: 57, height: 32}"))
    assert settings.labels_of("US").items == ThermalLabel(width=Decimal(57), height=Decimal(32))


def test_a_marketplaces_own_box_limit_goes_before_its_regions(tmp_path: Path) -> None:
    jp = (
        "  JP: {weight: 30, weight_unit: KG, side: 60, side_unit: CM, single_unit_weight: 40, "
        "single_unit_side: 100, heavy_over: 15}\n"
    )
    settings = read(tmp_path, changed("box_limits:\n", f"box_limits:\n{jp}"))
    assert settings.box_limit(marketplace("JP")).weight == 30
    assert settings.box_limit(marketplace("AU")).weight == Decimal("22.5")


def test_automatic_approval_is_per_currency_and_account(tmp_path: Path) -> None:
    text = SHIPPED + (
        "auto_approve:\n"
        "  - {max_cost_per_unit: 0.35, currency: USD}\n"
        "  - {max_cost_per_unit: 0.2, currency: USD, accounts: northwind_na}\n"
    )
    settings = read(tmp_path, text)
    assert settings.auto_approval_limit("northwind_na", "USD") == Decimal("0.2")
    assert settings.auto_approval_limit("northwind_eu", "USD") == Decimal("0.35")
    assert settings.auto_approval_limit("northwind_eu", "EUR") is None


def test_following_is_in_days_and_hours() -> None:
    following = Following(received_after_days=10, void_notice_hours=1.5)
    assert following.received_after.days == 10
    assert following.void_notice.total_seconds() == 5400


def test_approvers_of_an_unknown_account_are_an_error_that_names_the_key() -> None:
    with pytest.raises(ConfigurationError) as caught:
        INBOUND.read().approvers("elsewhere")
    assert "nobody may approve shipments of elsewhere" in str(caught.value)
    assert "approval.approvers" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "key", "cause", "remedy"),
    [
        ("    city: Dallas\n", "", "addresses.dallas.city", "Field required", "Add `city`"),
        ('"75201"', "75201", "addresses.dallas.postal_code", "write it in quotes", "Correct"),
        ("country: DE", "country: NO", "addresses.leipzig.country", "write it in quotes", "Correct"),
        ("country: US", "country: USA", "addresses.dallas.country", "pattern", "Correct"),
        ("Europe/Berlin", "Berlin", "addresses.leipzig.timezone", "unknown time zone 'Berlin'", "Correct"),
        ("    phone:", "    phon:", "addresses.dallas.phon", "Extra inputs", "Did you mean 'phone'?"),
        ("  on_timeout: reject", "  on_timeout: wait", "approval.on_timeout", "'reject' or 'ask_again'", ""),
        ("northwind_na: [admin]", "northwind_na: []", "approval.approvers.northwind_na", "at least 1", ""),
        ("    northwind_na: [admin]\n", "", "approval.approvers", "nobody may approve", "`northwind_na:"),
        ("  default:\n", "  other:\n", "labels", "no entry `default`", "Add one"),
        ("  FE:\n", "  JP:\n", "box_limits", "no entry FE", "Add the limits"),
        ("Letter_30", "Letter_31", "labels.US.items", "", "Correct"),
        ("weight: 50,", "weight: -1,", "box_limits.NA.weight", "greater than 0", "Correct"),
        ('at: "06:30"', "at: 6:30", "following.at", "not a time of day", "Correct"),
        ("prep_category: NONE", "prep_category: UNKNOWN", "skus.NW-HOS-762-30M", "not accept UNKNOWN", ""),
        (
            "{prep_category: NONE}", "{prep_types: [ITEM_BOXING]}",
            "skus.NW-HOS-762-30M", "needs a", "Correct",
        ),
        ("ready_within_days: 45", "ready_within_days: 0", "ready_within_days", "greater than 0", "Correct"),
        ("days_after_ready: 30", "days_after_ready: 0", "delivery_windows.latest", "greater than", ""),
        ("congested: false", "congestd: false", "delivery_windows.allow", "Extra", "'allow_congested'?"),
        ("ready_within_days:", "ready_in_days:", "ready_in_days", "Extra", "'ready_within_days'?"),
    ],
)  # fmt: skip
def test_every_error_names_file_key_and_remedy(
    tmp_path: Path, old: str, new: str, key: str, cause: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, changed(old, new))
    assert caught.value.where.startswith(f"{tmp_path}/inbound.yaml, key `{key}")
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy


def test_accounts_that_do_not_exist_are_named_with_the_nearest(tmp_path: Path) -> None:
    settings = read(tmp_path, SHIPPED.replace("northwind_na", "northwind_n"))
    errors = unknown_accounts(settings, load_accounts(), tmp_path / "inbound.yaml")
    assert [error.where.partition("key ")[2] for error in errors] == [
        "`addresses.dallas.accounts`",
        "`contacts.dallas_dock.accounts`",
        "`approval.approvers`",
    ]
    assert {error.remedy for error in errors} == {"Did you mean 'northwind_na'?"}
