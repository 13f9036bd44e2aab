"""Generated sellers: in so many marketplaces each, with an account per region or as Amazon has them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from sellerops.settings.accounts import Account
from sellerops.settings.config_files import config_dir
from sellerops.settings.marketplaces import all_marketplaces

SOURCES = ("amazon_sp", "amazon_ads")
# Account id -> codes of marketplaces.
Fleet = Mapping[str, tuple[str, ...]]


# The marketplaces of the unified accounts of North America and Europe (docs/first-account.md).
_UNIFIED = ("US CA MX BR", "GB DE FR IT ES NL SE PL BE IE")


def make_fleet(sellers: int, marketplaces: int, *, own_accounts: bool = False) -> dict[str, tuple[str, ...]]:
    """The accounts of so many sellers in the first so many marketplaces of the configuration.

    One per region, which is the fewest; with ``own_accounts`` as Amazon has them: marketplaces outside of the
    unified accounts have their own. The first seller is called as the one of the shipped configuration, whose
    other files name it.
    """
    unified = {code for codes in _UNIFIED for code in codes.split()}
    groups: dict[str, list[str]] = {}
    for each in list(all_marketplaces().values())[:marketplaces]:
        group = each.code if own_accounts and each.code not in unified else each.region
        groups.setdefault(group, []).append(each.code)
    return {
        f"{seller_name(number)}_{group.lower()}": tuple(codes)
        for number in range(1, sellers + 1)
        for group, codes in groups.items()
    }


def seller_name(number: int) -> str:
    """The seller's part of its accounts' ids; sellers are numbered from 1."""
    return "northwind" if number == 1 else f"seller{number:04}"


def as_accounts(fleet: Fleet) -> list[Account]:
    """The accounts as the configuration would have them."""
    known = all_marketplaces()
    return [
        Account(
            id=name,
            region=known[codes[0]].region,
            marketplaces=tuple(known[code] for code in codes),
            connection=f"amazon_sp_{name}",
            sources=SOURCES,
        )
        for name, codes in fleet.items()
    ]


def write_config(folder: Path, fleet: Fleet, reports: tuple[str, ...] = ()) -> None:
    """A copy of the shipped configuration in the new ``folder``, with these accounts and, if any are named,
    only these reports.
    """
    shutil.copytree(config_dir(), folder)
    entries = {name: {"marketplaces": list(codes), "sources": list(SOURCES)} for name, codes in fleet.items()}
    (folder / "accounts.yaml").write_text(json.dumps({"accounts": entries}, indent=1), encoding="utf-8")
    for path in (folder / "reports").glob("*/*.yaml") if reports else ():
        if path.stem not in {*reports, "defaults"}:
            path.unlink()
