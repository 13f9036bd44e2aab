"""Report specs: the YAML files under ``config/reports`` as validated objects."""

from sellerops.settings.spec_files import SpecFailure
from sellerops.settings.specs.columns import Column, ColumnType
from sellerops.settings.specs.file_format import FileFormat
from sellerops.settings.specs.loader import enabled_specs, load_spec, load_specs, spec_files
from sellerops.settings.specs.period import Period, PeriodKind
from sellerops.settings.specs.quarantine_rules import CollapseRules, QuarantineRules
from sellerops.settings.specs.report import ReportSpec
from sellerops.settings.specs.request import RequestRules, Split
from sellerops.settings.specs.schedule import Schedule
from sellerops.settings.specs.tables import (
    RESERVED_COLUMNS,
    HeaderSumCheck,
    LeafRows,
    TableSpec,
    WriteDisposition,
)

__all__ = [
    "RESERVED_COLUMNS",
    "CollapseRules",
    "Column",
    "ColumnType",
    "FileFormat",
    "HeaderSumCheck",
    "LeafRows",
    "Period",
    "PeriodKind",
    "QuarantineRules",
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
