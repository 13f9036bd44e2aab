"""Report specs: the YAML files under ``config/reports`` as validated objects."""

from sellerops.settings.specs.loader import SpecFailure, enabled_specs, load_spec, load_specs, spec_files
from sellerops.settings.specs.model import (
    RESERVED_COLUMNS,
    Column,
    ColumnType,
    FileFormat,
    HeaderSumCheck,
    Period,
    PeriodKind,
    ReportSpec,
    RequestRules,
    Schedule,
    Split,
    TableSpec,
    WriteDisposition,
)

__all__ = [
    "RESERVED_COLUMNS",
    "Column",
    "ColumnType",
    "FileFormat",
    "HeaderSumCheck",
    "Period",
    "PeriodKind",
    "ReportSpec",
    "RequestRules",
    "Schedule",
    "SpecFailure",
    "Split",
    "TableSpec",
    "WriteDisposition",
    "enabled_specs",
    "load_spec",
    "load_specs",
    "spec_files",
]
