"""A restricted report without its role: the error names the role, and what loads all the same."""

from __future__ import annotations

from sellerops.errors import CredentialsError, SellerOpsError
from sellerops.specs import ReportSpec


def with_role(spec: ReportSpec, error: SellerOpsError) -> SellerOpsError:
    """Amazon's 403 on a restricted report, in words a person can act on; any other error as it is."""
    if not (isinstance(error, CredentialsError) and spec.request.restricted):
        return error
    if error.details.get("status") != 403 or "role" in error.details:
        return error
    role = spec.role or "a restricted role"
    instead = spec.request.without_role or "all reports without personal data load as before"
    return CredentialsError(
        f"Amazon gives this application no personal data: {spec.report_type} needs the role {role}. "
        f"{error.cause}",
        where=error.where,
        remedy=f"Nothing else is held up: {instead}. To have this report, ask Amazon for the role, let the "
        "seller authorise the application anew and clear the task; else take the account out of `accounts` "
        f"in {spec.path or spec.name}.",
        **{**error.details, "role": role},
    )
