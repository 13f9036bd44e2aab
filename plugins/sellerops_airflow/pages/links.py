"""Links from a task to its archived document, its page at Amazon, its slice's ledger entry, the evidence of
its browser job, or its FBA shipment.

The api-server computes them when a user looks at the task, so they cost the task nothing and exist in every
task state. Each leads to a page of ``pages``, which looks up the rest when it is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, urlsplit

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.inbound import (
    CancelPlanOperator,
    FetchDocumentsOperator,
    InboundStepOperator,
)
from sellerops_airflow.operators.inbound_approval import ApproveOffersOperator
from sellerops_airflow.operators.inbound_confirming import ConfirmStepOperator
from sellerops_airflow.operators.inbound_request import ValidateRequestOperator
from sellerops_airflow.operators.inbound_tracking import AskTrackingOperator
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.operators.portal_download import PortalDownloadOperator
from sellerops_airflow.operators.portal_sign_in import CheckPageOperator, VerifySignInOperator
from sellerops_airflow.runs.urls import PAGES

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

# Where the pages are mounted under Airflow's address.
PREFIX = PAGES


def root_path() -> str:
    """The path of Airflow's own address: empty, or for example ``/airflow`` behind a proxy."""
    return urlsplit(str(conf.get("api", "base_url", fallback="") or "")).path.rstrip("/")


def task_url(ti_key: TaskInstanceKey, page: str) -> str:
    """The path of ``page`` about a task instance, including root_path()."""
    names = (ti_key.dag_id, ti_key.run_id, ti_key.task_id)
    dag_id, run_id, task_id = (quote(name, safe="") for name in names)
    return f"{root_path()}{PREFIX}/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/{ti_key.map_index}/{page}"


class _TaskLink(BaseOperatorLink):
    """A link to a page about the task instance."""

    operators = [  # noqa: RUF012 - the type Airflow declares
        FetchReportOperator,
        LoadReportOperator,
        PortalDownloadOperator,
    ]
    title: ClassVar[str]
    page: ClassVar[str]

    @property
    def name(self) -> str:
        """The link's text in the UI."""
        return self.title

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The path that the UI opens."""
        return task_url(ti_key, self.page)


class DocumentLink(_TaskLink):
    """The document as Amazon delivered it."""

    title, page = "Archived document", "document"


class SellerCentralLink(_TaskLink):
    """The report's page in the Seller Central of the slice's marketplace."""

    operators = [FetchReportOperator, LoadReportOperator]  # noqa: RUF012 - the type Airflow declares
    title, page = "Seller Central", "seller-central"


class LedgerEntryLink(_TaskLink):
    """The slice's ledger entry: states, requests, loads, rejected rows and changes."""

    title, page = "Ledger entry", "slice"


class PageLink(_TaskLink):
    """The web page that the file is downloaded from."""

    operators = [PortalDownloadOperator]  # noqa: RUF012 - the type Airflow declares
    title, page = "Page", "seller-central"


class EvidenceLink(_TaskLink):
    """The task's browser job: screenshot, page and trace of a failed one."""

    operators = [  # noqa: RUF012 - the type Airflow declares
        PortalDownloadOperator,
        CheckPageOperator,
        VerifySignInOperator,
    ]
    title, page = "Evidence", "evidence"


class ShipmentLink(_TaskLink):
    """The FBA shipment of the run: labels, destinations, decisions, operations."""

    operators = [  # noqa: RUF012 - the type Airflow declares
        ApproveOffersOperator,
        AskTrackingOperator,
        CancelPlanOperator,
        FetchDocumentsOperator,
        ConfirmStepOperator,
        InboundStepOperator,
        ValidateRequestOperator,
    ]
    title, page = "Labels and shipment", "shipment"


LINKS = (DocumentLink, SellerCentralLink, PageLink, LedgerEntryLink, EvidenceLink, ShipmentLink)
