"""The web app over a sandbox, and the API families the sandbox is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from amazon_sandbox.ads.family import FAMILY as ADS
from amazon_sandbox.awd.family import FAMILY as AWD
from amazon_sandbox.catalog.family import FAMILY as CATALOG
from amazon_sandbox.control import routes as control
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.data_kiosk.family import FAMILY as DATA_KIOSK
from amazon_sandbox.fba_inventory.family import FAMILY as FBA_INVENTORY
from amazon_sandbox.fees.family import FAMILY as FEES
from amazon_sandbox.finances.family import FAMILY as FINANCES
from amazon_sandbox.inbound.family import FAMILY as INBOUND
from amazon_sandbox.lwa.family import FAMILY as LWA
from amazon_sandbox.notifications.family import FAMILY as NOTIFICATIONS
from amazon_sandbox.orders.family import FAMILY as ORDERS
from amazon_sandbox.portal.family import FAMILY as PORTAL
from amazon_sandbox.reports.family import FAMILY as REPORTS
from amazon_sandbox.sales.family import FAMILY as SALES
from amazon_sandbox.sellers.family import FAMILY as SELLERS
from amazon_sandbox.sinks.central_bank.family import FAMILY as CENTRAL_BANK
from amazon_sandbox.sinks.clickup.family import FAMILY as CLICKUP
from amazon_sandbox.sinks.slack.family import FAMILY as SLACK
from amazon_sandbox.sinks.telegram.family import FAMILY as TELEGRAM
from amazon_sandbox.support.family import FAMILY as SUPPORT
from amazon_sandbox.tokens.family import FAMILY as TOKENS

# A family may use the states of those above it.
FAMILIES = (
    LWA,
    REPORTS,
    DATA_KIOSK,
    FBA_INVENTORY,
    FINANCES,
    ORDERS,
    SALES,
    SELLERS,
    AWD,
    INBOUND,
    CATALOG,
    FEES,
    SUPPORT,
    TOKENS,
    NOTIFICATIONS,
    ADS,
    PORTAL,
    SLACK,
    CLICKUP,
    TELEGRAM,
    CENTRAL_BANK,
)


def create_app(sandbox: Sandbox) -> Starlette:
    """An app with the sandbox's families and the control calls. Closes the sandbox when the server ends."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sandbox.start()
        try:
            yield
        finally:
            sandbox.close()

    app = Starlette(
        routes=[*(route for family in sandbox.families for route in family.routes), *control.routes],
        exception_handlers=control.exception_handlers,
        lifespan=lifespan,
    )
    # Amazon never redirects; a path with an extra slash does not exist.
    app.router.redirect_slashes = False
    app.state.sandbox = sandbox
    return app
