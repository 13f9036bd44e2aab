"""The seller hub's web app, mounted by the plugin under ``/hub``: its API, and the built pages.

Every route of the API depends on Airflow's permissions; the built pages hold no data and are open.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from sellerops_airflow.dashboard.access import reading
from sellerops_airflow.dashboard.errors import add_error_handlers
from sellerops_airflow.dashboard.routes import (
    ads,
    alert_settings,
    alerts,
    audit,
    connections,
    context,
    health,
    health_calendar,
    inventory,
    inventory_writes,
    mapping,
    overview,
    products,
    profit,
    restock,
    restock_what_if,
    restock_writes,
    settings,
    shipment_deadlines,
    shipments,
    why,
)

PREFIX = "/hub"
BUNDLE = "hub.js"
_STATIC = Path(__file__).parent / "static"
# One line per page.
_ROUTERS = (
    ads.router,
    alert_settings.router,
    alerts.router,
    audit.router,
    connections.router,
    context.router,
    overview.router,
    products.router,
    profit.router,
    health.router,
    health_calendar.router,
    inventory.router,
    inventory_writes.router,
    mapping.router,
    restock.router,
    restock_what_if.router,
    restock_writes.router,
    settings.router,
    shipment_deadlines.router,
    shipments.router,
    why.router,
)


def create_hub_app() -> FastAPI:
    """The app with its routes. Opens no connection."""
    app = FastAPI(title="Seller hub", docs_url=None, redoc_url=None, openapi_url=None)
    api = APIRouter(prefix="/api", dependencies=[reading])
    for router in _ROUTERS:
        api.include_router(router)
    app.include_router(api)
    add_error_handlers(app)
    app.mount("/static", StaticFiles(directory=_STATIC, check_dir=False), name="static")
    return app


def react_app() -> dict[str, str]:
    """The entry in Airflow's navigation. Addresses are relative, because Airflow may run under a prefix."""
    return {
        "name": "Seller hub",
        "bundle_url": f"{PREFIX.lstrip('/')}/static/{BUNDLE}",
        "destination": "nav",
        "url_route": "hub",
    }
