"""Tables and queries copied to Google Sheets, each by a YAML of ``config/exports``."""

from sellerops.exports.loader import export_failures, load_export, load_exports
from sellerops.exports.spec import ExportMode, ExportSpec

__all__ = ["ExportMode", "ExportSpec", "export_failures", "load_export", "load_exports"]
