"""``config/asins.yaml``: ASINs listed by hand, by account and marketplace."""

from __future__ import annotations

from pathlib import Path

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files


def _build(files: Files, path: Path) -> dict[tuple[str, str], list[str]]:
    found = {}
    for account_id, entry in files.yaml_or_nothing(path).items():
        for country, values in (entry if isinstance(entry, dict) else {None: entry}).items():
            if country is not None and values is None:
                continue
            is_list = isinstance(values, list) and all(isinstance(one, str) and one for one in values)
            if country is None or not is_list or not values:
                raise ConfigurationError(
                    "is not a list of ASINs.",
                    where=f"{shown(path)}, {account_id}.{country}",
                    remedy=f"Write `{account_id}: {{{country or 'US'}: [B0...]}}`, then clear the task.",
                )
            found[str(account_id), str(country)] = sorted(set(values))
    return found


ASINS = ConfigFile("asins.yaml", _build)
