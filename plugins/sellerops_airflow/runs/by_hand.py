"""Where people put files that a browser can no longer download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.base.errors import ConfigurationError
from sellerops.settings.logins import load_logins
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import ReportSpec, enabled_specs, load_spec
from sellerops_airflow.runs.portal_dags import specs_of_login

if TYPE_CHECKING:
    from sellerops.ledger.logins import BrowserJob
    from sellerops.notices.portal import ByHand


def ways_by_hand(job: BrowserJob) -> list[ByHand]:
    """Where a person puts the file of each report that a changed page stops."""
    return [_way(spec, job) for spec in _stopped_by(job)]


def drop_folder(spec: ReportSpec, account_id: str, code: str, root: str) -> str:
    """The drop folder from which a report reads files for the same tables; empty if there is no such report.

    :param code: the marketplace's code, such as ``US``.
    """
    for each in enabled_specs():
        if each.request.how == "dropped" and set(each.tables) == set(spec.tables):
            parts = [
                root.rstrip("/"),
                account_id,
                each.name,
                *([code] if each.scope == "marketplace" else []),
            ]
            return f"{'/'.join(parts)}/"
    return ""


def _stopped_by(job: BrowserJob) -> list[ReportSpec]:
    if job.ref.report:
        return [load_spec(job.ref.report)]
    login = load_logins().by_id.get(job.login_id)
    return [spec for spec in specs_of_login(login) if spec.request.page == job.ref.page] if login else []


def _way(spec: ReportSpec, job: BrowserJob) -> ByHand:
    from sellerops.notices.portal import ByHand
    from sellerops_airflow.hooks.archive import drop_folder_uri

    try:
        root = drop_folder_uri()
    except ConfigurationError as error:
        return ByHand(spec.name, "", f"{error.where} {error.cause} {error.remedy}")
    known = job.ref.marketplace_id
    # The canary checks a page once for all marketplaces of an account.
    code = marketplace_by_id(known).code if known else "<marketplace, such as US>"
    folder = drop_folder(spec, job.ref.account_id or "<account>", code, root)
    missing = (
        f"add a report with `like: seller_portal/{spec.name}` to include/config/reports/folder "
        "(docs/portal.md)."
    )
    return ByHand(spec.name, folder, "" if folder else missing)
