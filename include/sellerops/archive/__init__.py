"""The raw archive: every document as Amazon sent it, stored once, under the hash of its content."""

from sellerops.archive.archive import Archive, ArchivedDocument, DocumentMeta

__all__ = ["Archive", "ArchivedDocument", "DocumentMeta"]
