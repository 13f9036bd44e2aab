"""The web app over a sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from amazon_sandbox import control
from amazon_sandbox.ads.entities import routes as ads_entities_routes
from amazon_sandbox.ads.exports import routes as ads_exports_routes
from amazon_sandbox.ads.routes import routes as ads_routes
from amazon_sandbox.awd.routes import routes as awd_routes
from amazon_sandbox.catalog.routes import routes as catalog_routes
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.data_kiosk.routes import routes as data_kiosk_routes
from amazon_sandbox.fba_inventory.routes import routes as fba_inventory_routes
from amazon_sandbox.fees.routes import routes as fees_routes
from amazon_sandbox.finances.routes import routes as finances_routes
from amazon_sandbox.inbound.routes import routes as inbound_routes
from amazon_sandbox.lwa.routes import routes as lwa_routes
from amazon_sandbox.notifications.routes import routes as notifications_routes
from amazon_sandbox.orders.routes import routes as orders_routes
from amazon_sandbox.reports.routes import routes as reports_routes
from amazon_sandbox.sales.routes import routes as sales_routes
from amazon_sandbox.sinks.clickup.routes import routes as clickup_routes
from amazon_sandbox.sinks.slack.routes import routes as slack_routes
from amazon_sandbox.sinks.telegram.routes import routes as telegram_routes
from amazon_sandbox.tokens.routes import routes as tokens_routes


def create_app(sandbox: Sandbox) -> Starlette:
    """Every API family and the control calls on one port. Closes the sandbox when the server ends."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sandbox.renderer.start()
        try:
            yield
        finally:
            sandbox.close()

    app = Starlette(
        routes=[
            *reports_routes,
            *data_kiosk_routes,
            *fba_inventory_routes,
            *finances_routes,
            *orders_routes,
            *sales_routes,
            *awd_routes,
            *inbound_routes,
            *catalog_routes,
            *fees_routes,
            *tokens_routes,
            *notifications_routes,
            *ads_routes,
            *ads_exports_routes,
            *ads_entities_routes,
            *lwa_routes,
            *control.routes,
            *slack_routes,
            *clickup_routes,
            *telegram_routes,
        ],
        exception_handlers=control.exception_handlers,
        lifespan=lifespan,
    )
    # Amazon never redirects; a path with a slash too many does not exist.
    app.router.redirect_slashes = False
    app.state.sandbox = sandbox
    return app
