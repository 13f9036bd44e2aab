"""Where a report's files come from, for the documentation page of its DAG."""

from __future__ import annotations

from collections.abc import Sequence

from sellerops.settings.accounts import Account
from sellerops.settings.logins import load_logins
from sellerops.settings.specs import ReportSpec


def origin(spec: ReportSpec, accounts: Sequence[Account]) -> list[str]:
    """Paragraphs in Markdown; for web pages also what to do if no file arrives."""
    names = ", ".join(f"`{account.id}`" for account in accounts)
    if spec.request.how == "downloaded":
        return _of_page(spec, accounts, names)
    if spec.request.how == "dropped":
        return _of_folder(spec, names)
    return [f"Amazon's `{spec.report_type}` for {names}."]


def _of_page(spec: ReportSpec, accounts: Sequence[Account], names: str) -> list[str]:
    role = spec.request.login or ""
    logins = load_logins()
    used = {each.id: each for account in accounts if (each := logins.for_report(account.id, role))}
    said = ", ".join(f"`{login}`" for login in used) or "none yet"
    pools = ", ".join(f"`{login.pool}`" for login in used.values())
    kept = f"Keep one slot in its pool ({pools}): a login does one job at a time." if pools else ""
    where = f"From the page `{spec.request.page}` for {names}."
    return [
        f"{where} A browser signs in with the login that has the role `{role}`: {said}. {kept}".strip(),
        "## If no file arrives",
        "**A person is needed.** The site asks for a captcha, a new-device check or new terms. A run of "
        "`portal_sign_in` asks for it under *Required Actions*, and tasks wait until somebody answers *Done, "
        "go on*.",
        "**The page has changed.** The task fails at once, naming the control. *Evidence* on the task shows "
        "the screenshot, the page and the trace. Until the page object is corrected, download the file by "
        "hand and put it into the drop folder that the notice names.",
        "**Anything else** is retried: a crashed browser, a wrong or truncated file, a site that does not "
        "answer. Nothing is requested or loaded twice.",
    ]


def _of_folder(spec: ReportSpec, names: str) -> list[str]:
    subfolder = "<marketplace>/" if spec.scope == "marketplace" else ""
    place = f"`<drop folder>/<account>/{spec.name}/{subfolder}{spec.request.files}`"
    return [
        f"Files that people or other systems put into the drop folder, for {names}: {place}. The drop "
        "folder's address is the variable `sellerops_drop_folder_uri`. Each version of a file is loaded "
        "once; nothing is moved or deleted.",
    ]
