"""What Amazon refuses an application, in an error that names marketplace and, where needed, role."""

from __future__ import annotations

from sellerops.base.errors import CredentialsError, SellerOpsError
from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec


def explain_refusal(spec: ReportSpec, slice_: Slice, error: SellerOpsError) -> SellerOpsError:
    """Amazon's 403, which names no marketplace, in words a person can act on; any other error as it is."""
    if type(error) is not CredentialsError or error.details.get("status") != 403 or "role" in error.details:
        return error
    if spec.request.restricted:
        return _without_role(spec, slice_, error)
    place = ", ".join(slice_.marketplaces)
    needs = f" Amazon asks of the application: {spec.role}." if spec.role else ""
    return CredentialsError(
        f"Amazon refuses {spec.report_type} for {place} of account {slice_.account_id}.{needs} {error.cause}",
        where=error.where,
        remedy=f"{error.remedy} If other marketplaces of the account load: {place} is not active in Seller "
        "Central or was not authorised; activate it, or take it out of config/accounts.yaml.",
        **{**error.details, "marketplaces": place, **({"role": spec.role} if spec.role else {})},
    )


def _without_role(spec: ReportSpec, slice_: Slice, error: SellerOpsError) -> CredentialsError:
    role = spec.role or "a restricted role"
    instead = spec.request.without_role or "all reports without personal data load as before"
    return CredentialsError(
        f"Amazon gives this application no personal data of {', '.join(slice_.marketplaces)} (account "
        f"{slice_.account_id}): {spec.report_type} needs the role {role}. {error.cause}",
        where=error.where,
        remedy=f"Nothing else is held up: {instead}. To have this report, ask Amazon for the role, let the "
        "seller authorise the application anew and clear the task; else take the account out of `accounts` "
        f"in {spec.path or spec.name}.",
        **{**error.details, "role": role},
    )
