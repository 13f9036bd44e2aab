"""Finds all problems in the current configuration files, even if an earlier valid version is in use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.exports import export_failures
from sellerops.inbound.settings import FILE as INBOUND_FILE
from sellerops.inbound.settings import INBOUND, unknown_accounts
from sellerops.notices.routes import ROUTES
from sellerops.rate_limits.config import RATE_LIMITS
from sellerops.reconciliation.checks import check_failures
from sellerops.settings.accounts import ACCOUNTS, load_accounts
from sellerops.settings.asins_file import ASINS
from sellerops.settings.config_files import config_dir
from sellerops.settings.deprecations import DEPRECATIONS
from sellerops.settings.last_valid import ConfigFile, Files, kept_texts
from sellerops.settings.localized_headers import HEADERS
from sellerops.settings.logins import LOGINS
from sellerops.settings.marketplaces import MARKETPLACES
from sellerops.settings.specs import ReportSpec, SpecFailure, load_specs
from sellerops.settings.specs.destination_rules import FILE as RULES
from sellerops.settings.specs.destination_rules import read_rules, unknown_names
from sellerops.settings.upkeep_file import UPKEEP

SHARED: tuple[ConfigFile[Any], ...] = (
    ACCOUNTS, ASINS, DEPRECATIONS, HEADERS, LOGINS, MARKETPLACES, RATE_LIMITS, ROUTES, UPKEEP,
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One problem. ``is_kept``: the last valid version stays in use."""

    error: ConfigurationError
    is_kept: bool

    @property
    def file(self) -> str:
        """The invalid file, as a path within the configuration folder."""
        place = re.sub(r":\d+$", "", self.error.where.split(", ")[0])
        return place.removeprefix(f"{config_dir()}/")

    @property
    def text(self) -> str:
        """Place, cause, remedy, and what applies until then."""
        meanwhile = (
            "Until then the last valid version stays in use."
            if self.is_kept
            else "It has never been valid here, so what it defines is missing."
        )
        return f"{self.error} {meanwhile}"


def report_problems() -> list[Problem]:
    """Problems that affect the DAGs of reports and checks; each once, however many specs it affects."""
    shared = [each for each in SHARED if each is not ROUTES]
    specs, failures = load_specs()
    return _each_once([*_of(shared), *_of_files(failures), *_of_rules(specs), *_of_files(check_failures())])


def all_problems() -> list[Problem]:
    """``report_problems``, and the problems of exports, notices and inbound shipments."""
    return _each_once(
        [*report_problems(), *_of([ROUTES]), *_of_files(export_failures()), *_of_inbound_shipments()]
    )


def _of(files: Iterable[ConfigFile[Any]]) -> list[Problem]:
    found = [(each.name, each.problem()) for each in files]
    return [Problem(error, kept_texts(name) is not None) for name, error in found if error]


def _of_rules(specs: Sequence[ReportSpec]) -> list[Problem]:
    """Unknown names in destinations.yaml. If the file itself is invalid, the specs already fail."""
    path = config_dir() / RULES
    try:
        rules, accounts = read_rules(Files(), path), load_accounts()
    except ConfigurationError:
        return []
    wrong = unknown_names(
        rules,
        families={spec.family for spec in specs},
        reports={spec.name for spec in specs},
        accounts=accounts,
        path=path,
    )
    return [Problem(each, is_kept=False) for each in wrong]


def _of_inbound_shipments() -> list[Problem]:
    """Problems of inbound.yaml, including accounts that accounts.yaml does not define."""
    found = _of([INBOUND])
    if found:
        return found
    try:
        unknown = unknown_accounts(INBOUND.load(), load_accounts(), config_dir() / INBOUND_FILE)
    except ConfigurationError:
        return []
    return [Problem(each, is_kept=False) for each in unknown]


def _of_files(failures: Iterable[SpecFailure]) -> list[Problem]:
    return [Problem(each.error, each.is_kept) for each in failures]


def _each_once(problems: Iterable[Problem]) -> list[Problem]:
    return list({str(each.error): each for each in problems}.values())


__all__ = ["Problem", "all_problems", "report_problems"]
