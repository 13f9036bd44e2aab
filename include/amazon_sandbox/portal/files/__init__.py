"""The files of the portal's pages: the same figures as the API's documents, in the layouts of the pages."""

from amazon_sandbox.portal.files.kinds import KINDS, file_of, page_count
from amazon_sandbox.portal.files.models import FileRequest, NoData, PortalFile, UnknownFile

__all__ = ["KINDS", "FileRequest", "NoData", "PortalFile", "UnknownFile", "file_of", "page_count"]
