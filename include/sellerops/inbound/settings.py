"""The settings of FBA inbound shipments, from ``config/inbound.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from sellerops.base.errors import ConfigurationError
from sellerops.inbound import setting_models
from sellerops.inbound.setting_models import (
    Address,
    Approval,
    AutoApproval,
    BoxLimit,
    Contact,
    DeliveryWindows,
    Following,
    Labels,
    PalletLimit,
    SkuDefaults,
)
from sellerops.inbound.setting_types import Days, Names, Strict, Text
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.marketplaces import Marketplace

FILE = "inbound.yaml"
DEFAULT_LABELS = "default"
_PAGE = "docs/inbound.md describes the keys"


class InboundSettings(Strict):
    """The content of the file.

    ``addresses``, ``contacts``: by the name that the form shows. ``skus``: by SKU. Without addresses nothing
    can be shipped, and nothing else is needed.
    """

    addresses: dict[str, Address]
    contacts: dict[str, Contact] = Field(default_factory=dict)
    contact_needed_in: Names = ()
    approval: Approval = Approval()
    auto_approve: tuple[AutoApproval, ...] = ()
    packing_list_folder: Text | None = None
    labels: dict[str, Labels] = Field(default_factory=dict)
    box_limits: dict[str, BoxLimit] = Field(default_factory=dict)
    pallet_limits: dict[str, PalletLimit] = Field(default_factory=dict)
    ready_within_days: Days = 45
    shelf_life_days: Days = 90
    delivery_windows: DeliveryWindows = DeliveryWindows()
    skus: dict[str, SkuDefaults] = Field(default_factory=dict)
    following: Following = Following()

    def addresses_of(self, account_id: str) -> tuple[str, ...]:
        """Names of the addresses that the account may use."""
        return tuple(name for name, each in self.addresses.items() if account_id in each.accounts)

    def contacts_of(self, account_id: str) -> tuple[str, ...]:
        """Names of the contacts that the account may use."""
        return tuple(name for name, each in self.contacts.items() if account_id in each.accounts)

    def approvers(self, account_id: str) -> tuple[str, ...]:
        """Airflow user names of those who may decide. Raises ConfigurationError if there are none."""
        names = self.approval.approvers.get(account_id)
        if names:
            return names
        raise ConfigurationError(
            f"nobody may approve shipments of {account_id}.",
            where=f"config/{FILE}, key `approval.approvers`",
            remedy=f"Add `{account_id}: [an Airflow user name]`, then clear the task.",
        )

    def auto_approval_limit(self, account_id: str, currency: str) -> Decimal | None:
        """The highest cost per unit that needs no person's approval; None if a person must always decide."""
        limits = [
            each.max_cost_per_unit
            for each in self.auto_approve
            if each.currency == currency and (not each.accounts or account_id in each.accounts)
        ]
        return min(limits, default=None)

    def labels_of(self, marketplace_code: str) -> Labels:
        """What labels for a marketplace are printed on."""
        return self.labels.get(marketplace_code, self.labels[DEFAULT_LABELS])

    def box_limit(self, marketplace: Marketplace) -> BoxLimit:
        """The limits of a marketplace, else those of its region."""
        return self.box_limits.get(marketplace.code) or self.box_limits[marketplace.region]

    def pallet_limit(self, marketplace: Marketplace) -> PalletLimit | None:
        """The limits of a marketplace, else those of its region; None if there are none."""
        return self.pallet_limits.get(marketplace.code) or self.pallet_limits.get(marketplace.region)

    def sku(self, sku: str) -> SkuDefaults:
        return self.skus.get(sku, SkuDefaults())


def _build(files: Files, path: Path) -> InboundSettings:
    # Configuration folders from before 0.2.0 have no such file, and those sellers do not ship.
    content = files.yaml(path) if files.has(path) else files.yaml_or_nothing(path) | {"addresses": {}}
    try:
        settings = InboundSettings.model_validate(content)
    except ValidationError as error:
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")  # misspelt first
        key = _key(problem["loc"])
        message = problem["msg"].removeprefix("Value error, ").rstrip(".")
        raise ConfigurationError(
            f"{message}.", where=f"{shown(path)}, key `{key}`", remedy=_remedy(problem, key)
        ) from error
    for key, cause, remedy in _inconsistencies(settings):
        raise ConfigurationError(cause, where=f"{shown(path)}, key `{key}`", remedy=remedy)
    return settings


INBOUND = ConfigFile(FILE, _build)


def unknown_accounts(
    settings: InboundSettings, accounts: Iterable[str], path: Path
) -> list[ConfigurationError]:
    """Accounts in the file that ``accounts.yaml`` does not define, one error each."""
    known = set(accounts)
    return [
        ConfigurationError(
            f"unknown account {name!r}.",
            where=f"{shown(path)}, key `{key}`",
            remedy=_guess(name, known) or "Define it in accounts.yaml, or remove it here.",
        )
        for key, name in _accounts_in(settings)
        if name not in known
    ]


def _accounts_in(settings: InboundSettings) -> Iterator[tuple[str, str]]:
    sections: tuple[tuple[str, dict[str, Any]], ...] = (
        ("addresses", dict(settings.addresses)),
        ("contacts", dict(settings.contacts)),
        ("auto_approve", {str(number): each for number, each in enumerate(settings.auto_approve)}),
    )
    for section, entries in sections:
        for name, entry in entries.items():
            yield from ((f"{section}.{name}.accounts", account) for account in entry.accounts)
    yield from (("approval.approvers", account) for account in settings.approval.approvers)


def _inconsistencies(settings: InboundSettings) -> Iterator[tuple[str, str, str]]:
    """Key, cause and remedy of everything about which the sections disagree."""
    if not settings.addresses:
        return
    for name, address in settings.addresses.items():
        for account in address.accounts:
            if account not in settings.approval.approvers:
                yield (
                    "approval.approvers",
                    f"the address {name} is for {account}, but nobody may approve its shipments.",
                    f"Add `{account}: [an Airflow user name]`.",
                )
    if DEFAULT_LABELS not in settings.labels:
        yield "labels", "has no entry `default`.", "Add one: it is used for marketplaces without their own."
    for region in ("NA", "EU", "FE"):
        if region not in settings.box_limits:
            yield (
                "box_limits",
                f"has no entry {region}.",
                f"Add the limits of the region: `{region}: {{...}}`.",
            )


def _key(place: tuple[int | str, ...]) -> str:
    """The place as keys; pydantic adds the names of a union's alternatives."""
    alternatives = {"[key]", "ThermalLabel"}
    return ".".join(str(part) for part in place if part not in alternatives and "[" not in str(part))


def _remedy(problem: Any, key: str) -> str:
    name = key.rpartition(".")[2]
    if problem["type"] == "extra_forbidden":
        models = (each for each in vars(setting_models).values() if isinstance(each, type))
        fields = {field for model in models if issubclass(model, BaseModel) for field in model.model_fields}
        return _guess(name, {*fields, *InboundSettings.model_fields}) or f"Remove the key; {_PAGE}."
    if problem["type"] == "missing":
        return f"Add `{name}`; {_PAGE}."
    return f"Correct the value; {_PAGE}."


def _guess(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]!r}?" if close else ""


__all__ = ["FILE", "INBOUND", "InboundSettings", "unknown_accounts"]
