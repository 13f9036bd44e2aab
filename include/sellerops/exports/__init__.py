"""Copies tables and queries to Google Sheets; a YAML in ``config/exports`` defines each export."""

from sellerops.exports.loader import export_failures, load_export, load_exports
from sellerops.exports.spec import ExportMode, ExportSpec

__all__ = ["ExportMode", "ExportSpec", "export_failures", "load_export", "load_exports"]
