"""The DAGs about logins for web pages: their ids, the browser job of a task, and the reports of a login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

if TYPE_CHECKING:
    from sellerops.ledger.logins import JobRef
    from sellerops.settings.logins import Login
    from sellerops.settings.specs import ReportSpec

# One run per required action.
SIGN_IN_DAG = "portal_sign_in"
# Opens each page once a day.
CANARY_DAG = "portal_canary"
ASK_TASK = "ask"
SOURCE = "seller_portal"


def browser_job_of(
    context: Context, purpose: str, *, account_id: str | None = None, page: str | None = None
) -> JobRef:
    """This task instance's browser job. ``purpose``: ``canary`` or ``sign_in``."""
    from sellerops.ledger.logins import JobRef

    ti: Any = context["ti"]
    return JobRef(
        purpose,
        account_id=account_id,
        page=page,
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        map_index=ti.map_index if ti.map_index is not None else -1,
        task_try=ti.try_number,
    )


def specs_of_login(login: Login) -> list[ReportSpec]:
    """The reports that are switched on and use a login, by name."""
    from sellerops.settings.logins import load_logins
    from sellerops.settings.specs import enabled_specs

    logins = load_logins()
    found = []
    for spec in enabled_specs():
        accounts = login.accounts if spec.accounts == "all" else spec.accounts
        used = (logins.for_report(account, spec.request.login or "") for account in accounts)
        if spec.source == SOURCE and any(each and each.id == login.id for each in used):
            found.append(spec)
    return sorted(found, key=lambda spec: spec.name)


def reports_of_login(login: Login) -> list[str]:
    """The names of the reports that are switched on and use a login, sorted."""
    return [spec.name for spec in specs_of_login(login)]
