"""The file of Inventory > Listing reports: the API's document of all listings, tab-delimited as well."""

from __future__ import annotations

from amazon_sandbox.portal.files.models import FileRequest, PortalFile
from amazon_sandbox.portal.files.report_central import document_rows

TEXT = "text/plain"
_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"


def write_all(request: FileRequest) -> PortalFile:
    """All listings of the shown store. Raises NoData where the API's report would end CANCELLED."""
    lines = ("\t".join(row) for row in document_rows(_REPORT, request))
    name = f"All+Listings+Report_{request.now:%m-%d-%Y}.txt"
    return PortalFile(name, TEXT, "".join(f"{line}\r\n" for line in lines).encode())
