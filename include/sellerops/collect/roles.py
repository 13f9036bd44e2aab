"""Explains Amazon's refusals with errors that name the marketplace and, where needed, the role."""

from __future__ import annotations

from sellerops.base.errors import CredentialsError, SellerOpsError
from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec


def explain_refusal(spec: ReportSpec, slice_: Slice, error: SellerOpsError) -> SellerOpsError:
    """Turn Amazon's 403, which names no marketplace, into an error that a person can act on. Other errors are
    returned unchanged.
    """
    if type(error) is not CredentialsError or error.details.get("status") != 403 or "role" in error.details:
        return error
    if spec.request.restricted:
        return _without_role(spec, slice_, error)
    marketplaces = ", ".join(slice_.marketplaces)
    needs = f" The application needs: {spec.role}." if spec.role else ""
    return CredentialsError(
        f"Amazon refused {spec.report_type} for {marketplaces} of account {slice_.account_id}.{needs} "
        f"{error.cause}",
        where=error.where,
        remedy=f"{error.remedy} If other marketplaces of the account load, {marketplaces} is not active in "
        "Seller Central or was not authorised: activate it, or remove it from config/accounts.yaml.",
        **{**error.details, "marketplaces": marketplaces, **({"role": spec.role} if spec.role else {})},
    )


def _without_role(spec: ReportSpec, slice_: Slice, error: SellerOpsError) -> CredentialsError:
    role = spec.role or "a restricted role"
    instead = spec.request.without_role or "all reports without personal data load as before"
    return CredentialsError(
        f"Amazon refused this application personal data of {', '.join(slice_.marketplaces)} (account "
        f"{slice_.account_id}): {spec.report_type} needs the role {role}. {error.cause}",
        where=error.where,
        remedy=f"Nothing else is affected: {instead}. To get this report, request the role from Amazon, have "
        "the seller authorise the application again and clear the task; or remove the account from "
        f"`accounts` in {spec.path or spec.name}.",
        **{**error.details, "role": role},
    )
