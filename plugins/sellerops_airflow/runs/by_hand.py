"""Where people put files that a page no longer hands out to a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.base.errors import ConfigurationError
from sellerops.settings.logins import load_logins
from sellerops.settings.specs import ReportSpec, enabled_specs, load_spec
from sellerops_airflow.runs.portal_dags import specs_of_login

if TYPE_CHECKING:
    from sellerops.ledger.logins import BrowserJob
    from sellerops.notices.portal import ByHand


# By whether the report has a folder per marketplace.
_MARKETPLACE = {True: ("{marketplace}",), False: ()}


def ways_by_hand(job: BrowserJob) -> list[ByHand]:
    """For each report that a changed page stops: where a file that a person downloads is read."""
    return [_way(spec, job.ref.account_id) for spec in _stopped_by(job)]


def drop_folders(spec: ReportSpec, account_id: str, root: str) -> list[str]:
    """The addresses at which files of the same tables are read; empty if no report reads any.

    ``{marketplace}`` stands for the code, such as `US`, where the report needs one.
    """
    tables = set(spec.tables)
    return [
        "/".join([root.rstrip("/"), account_id, each.name, *_MARKETPLACE[each.scope == "marketplace"], ""])
        for each in enabled_specs()
        if each.request.how == "dropped" and set(each.tables) == tables
    ]


def _stopped_by(job: BrowserJob) -> list[ReportSpec]:
    if job.ref.report:
        return [load_spec(job.ref.report)]
    login = load_logins().by_id.get(job.login_id)
    return [spec for spec in specs_of_login(login) if spec.request.page == job.ref.page] if login else []


def _way(spec: ReportSpec, account_id: str | None) -> ByHand:
    from sellerops.notices.portal import ByHand
    from sellerops_airflow.hooks.archive import drop_folder_uri

    try:
        root = drop_folder_uri()
    except ConfigurationError as error:
        return ByHand(spec.name, "", f"{error.where} {error.cause} {error.remedy}")
    folders = drop_folders(spec, account_id or "<account>", root)
    if folders:
        return ByHand(spec.name, folders[0])
    return ByHand(
        spec.name,
        "",
        f"no report of the drop folder has its tables. Add one with `like: seller_portal/{spec.name}` "
        "(docs/portal.md).",
    )
