"""The state of one sandbox: a world, a clock, and what each API family remembers."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.ads import data as ads_data
from amazon_sandbox.ads import faults as ads_faults
from amazon_sandbox.ads.accounts import AdsAccount, ads_accounts
from amazon_sandbox.ads.creation import AdsReportCreator
from amazon_sandbox.ads.state import AdsStore
from amazon_sandbox.awd import data as awd_data
from amazon_sandbox.catalog import data as catalog_data
from amazon_sandbox.core import http_faults
from amazon_sandbox.core.answers import NoAnswer
from amazon_sandbox.core.calls import CallLog
from amazon_sandbox.core.clock import VirtualClock, instant
from amazon_sandbox.core.faults import FaultBook
from amazon_sandbox.core.paging_faults import MENU as PAGE_MENU
from amazon_sandbox.core.paging_faults import PageFaults
from amazon_sandbox.core.quotas import Quotas
from amazon_sandbox.data_kiosk import data as data_kiosk_data
from amazon_sandbox.data_kiosk.processing import QueryProcessor
from amazon_sandbox.data_kiosk.state import QueryStore
from amazon_sandbox.fba_inventory import data as fba_inventory_data
from amazon_sandbox.fees import data as fees_data
from amazon_sandbox.finances import data as finances_data
from amazon_sandbox.inbound import data as inbound_data
from amazon_sandbox.lwa import data as lwa_data
from amazon_sandbox.lwa import faults as lwa_faults
from amazon_sandbox.lwa.state import Grant, TokenStore
from amazon_sandbox.notifications import data as notifications_data
from amazon_sandbox.notifications import faults as notifications_faults
from amazon_sandbox.notifications.sending import NotificationSender
from amazon_sandbox.notifications.state import NotificationStore
from amazon_sandbox.orders import data as orders_data
from amazon_sandbox.reports import data as reports_data
from amazon_sandbox.reports import faults as reports_faults
from amazon_sandbox.reports.creation import Pace, ReportCreator
from amazon_sandbox.reports.processing import ReportProcessor
from amazon_sandbox.reports.render import Renderer, SimulationFactory
from amazon_sandbox.reports.state import ReportStore
from amazon_sandbox.sales import data as sales_data
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sinks.clickup import data as clickup_data
from amazon_sandbox.sinks.clickup import faults as clickup_faults
from amazon_sandbox.sinks.clickup.state import ClickUpStore
from amazon_sandbox.sinks.slack import data as slack_data
from amazon_sandbox.sinks.slack import faults as slack_faults
from amazon_sandbox.sinks.slack.state import SlackStore
from amazon_sandbox.sinks.telegram import data as telegram_data
from amazon_sandbox.sinks.telegram import faults as telegram_faults
from amazon_sandbox.sinks.telegram.state import TelegramStore
from amazon_sandbox.tokens import data as tokens_data
from amazon_sandbox.tokens.state import RestrictedTokens

USAGE_PLANS = {
    **reports_data.USAGE_PLANS,
    **data_kiosk_data.USAGE_PLANS,
    **fba_inventory_data.USAGE_PLANS,
    **finances_data.USAGE_PLANS,
    **orders_data.USAGE_PLANS,
    **sales_data.USAGE_PLANS,
    **awd_data.USAGE_PLANS,
    **inbound_data.USAGE_PLANS,
    **catalog_data.USAGE_PLANS,
    **fees_data.USAGE_PLANS,
    **tokens_data.USAGE_PLANS,
    **notifications_data.USAGE_PLANS,
    **ads_data.USAGE_PLANS,
}
OPERATIONS = (
    *USAGE_PLANS,
    reports_data.DOWNLOAD,
    lwa_data.OPERATION,
    *slack_data.OPERATIONS,
    *clickup_data.OPERATIONS,
    *telegram_data.OPERATIONS,
)


class Sandbox:
    """Everything a server holds.

    :param world_factory: makes the world: once here, once in the process that writes documents.
    :param public_url: how clients reach the server; presigned URLs begin with it.
    :param render_in_process: write documents in a thread instead of a process of its own (tests).
    """

    def __init__(
        self,
        simulation_factory: SimulationFactory,
        *,
        clock: VirtualClock | None = None,
        public_url: str = "http://127.0.0.1",
        render_in_process: bool = False,
    ) -> None:
        self.simulation = simulation_factory()
        self.clock = clock or VirtualClock()
        self.public_url = public_url
        self.signing_key = secrets.token_bytes(32)
        self.directory = Path(tempfile.mkdtemp(prefix="amazon_sandbox_"))
        self.calls = CallLog()
        self.quotas = Quotas(USAGE_PLANS)
        menu = (
            *http_faults.MENU,
            *PAGE_MENU,
            *lwa_faults.MENU,
            *reports_faults.MENU,
            *notifications_faults.MENU,
            *slack_faults.MENU,
            *clickup_faults.MENU,
            *telegram_faults.MENU,
            *ads_faults.MENU,
        )
        self.faults = FaultBook(menu, OPERATIONS)
        self.pages = PageFaults()
        self.ads_accounts = ads_accounts(self.simulation.seed, self.simulation.sellers)
        self.tokens = TokenStore(self.simulation.sellers, map(_ads_grant, self.ads_accounts))
        self.restricted = RestrictedTokens()
        self.slack = SlackStore()
        self.clickup = ClickUpStore()
        self.telegram = TelegramStore()
        self.reports = ReportStore(self.simulation.seed)
        self.queries = QueryStore()
        self.renderer = Renderer(simulation_factory, self.directory, in_process=render_in_process)
        self.report_creator = ReportCreator(self)
        self.query_processor = QueryProcessor(self)
        self.ads = AdsStore()
        self.ads_report_creator = AdsReportCreator(self)
        self.life = ReportProcessor(self)
        self.notifications = NotificationStore()
        self.notification_sender = NotificationSender(self)
        self.daily_budgets: dict[str, int] = {}
        self._spent: Counter[tuple[str, str, str]] = Counter()
        self._sellers = {seller.seller_id: seller for seller in self.simulation.sellers}
        self._by_refresh_token = {
            seller.refresh_token: seller.seller_id for seller in self.simulation.sellers
        }
        self._by_refresh_token |= {one.refresh_token: one.seller.seller_id for one in self.ads_accounts}

    def seller(self, seller_id: str) -> Seller:
        """A seller by id. Raises KeyError."""
        return self._sellers[seller_id]

    def account_of(self, seller_id: str | None) -> str | None:
        """The account name of a seller id."""
        return self._sellers[seller_id].account if seller_id in self._sellers else None

    def ads_account(self, account: str) -> AdsAccount:
        """The Ads side of an account. Raises KeyError."""
        for one in self.ads_accounts:
            if one.seller.account == account:
                return one
        raise KeyError(account)

    def seller_id_of_refresh_token(self, refresh_token: str) -> str | None:
        """Whose refresh token it is."""
        return self._by_refresh_token.get(refresh_token)

    def take_daily_budget(self, seller_id: str, report_type: str) -> bool:
        """Count a report of a type with a daily budget (UTC days); False when it is spent."""
        budget = self.daily_budgets.get(report_type)
        if budget is None:
            return True
        key = (seller_id, report_type, instant(self.clock.now()).date().isoformat())
        if self._spent[key] >= budget:
            return False
        self._spent[key] += 1
        return True

    @staticmethod
    def status_of(response: Response) -> int | None:
        """What the log shows: None when nothing is answered."""
        return None if isinstance(response, NoAnswer) else response.status_code

    def reset(self) -> None:
        """As after the start, but for the clock, the tokens given out and the running numbers of ids."""
        self.calls.clear()
        self.faults.clear()
        self.pages.clear()
        self.quotas.reset()
        self.slack.clear()
        self.clickup.clear()
        self.telegram.clear()
        self.restricted.clear()
        for document in self.reports.documents():
            if document.rendered is not None:
                self.renderer.discard(document.rendered.path)
        self.reports.clear()
        self.queries.clear()
        self.ads.clear()
        self.notifications.clear()
        self.notification_sender.clear()
        self.daily_budgets.clear()
        self._spent.clear()
        self.tokens.lifetime = lwa_data.TOKEN_SECONDS
        self.report_creator.pace = Pace()
        self.report_creator.bulk_rows = None

    def close(self) -> None:
        """End the worker and delete the documents."""
        self.notification_sender.close()
        self.renderer.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def _ads_grant(account: AdsAccount) -> Grant:
    return Grant(
        account.client_id, account.client_secret, account.refresh_token, account.seller, ads_data.AUDIENCE
    )


def sandbox_of(request: Request) -> Sandbox:
    """The sandbox behind a request."""
    sandbox = request.app.state.sandbox
    if not isinstance(sandbox, Sandbox):
        raise TypeError("the app was made without a sandbox; use create_app")
    return sandbox
