"""What the Reports API, and the store of its documents, add to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.faults import Stage
from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.reports import data, faults, routes
from amazon_sandbox.reports.budgets import DailyBudgets
from amazon_sandbox.reports.creation import ReportCreator
from amazon_sandbox.reports.processing import ReportProcessor
from amazon_sandbox.reports.render import Renderer
from amazon_sandbox.reports.state import ReportStore

FAMILY = Family(
    routes=tuple(routes.routes),
    usage_plans=data.USAGE_PLANS,
    operations=(data.DOWNLOAD,),
    faults=faults.MENU,
    stages={
        Stage.REPORT: ("createReport",),
        Stage.DOCUMENT: ("createReport",),
        Stage.LABEL: ("getReportDocument",),
        Stage.DOWNLOAD: (data.DOWNLOAD,),
        Stage.LISTING: ("getReports",),
    },
    states=(ReportStore, Renderer, ReportProcessor, ReportCreator, DailyBudgets),
    report_types=data.known_types,
)
