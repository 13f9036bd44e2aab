"""The page after signing in, and the page for users without a permission."""

from __future__ import annotations

from starlette.responses import Response

from amazon_sandbox.portal import layout
from amazon_sandbox.portal.routes import NOT_ALLOWED_PATH, PortalCall, PortalPage


async def home(call: PortalCall) -> Response:
    """Seller Central's home page."""
    title = call.say("Home", "Startseite", "ホーム")
    return layout.page(call, title, f"<h1>{title}</h1>")


async def not_allowed(call: PortalCall) -> Response:
    """The page for a user who is signed in but has no permission for the requested page."""
    text = call.say(
        "You do not have permission to view this page. Ask the account's administrator.",
        "Sie haben keine Berechtigung für diese Seite. Wenden Sie sich an den Administrator des Kontos.",
        "このページを表示する権限がありません。アカウントの管理者にお問い合わせください。",
    )
    return layout.page(call, text, f"<h1>{text}</h1>", status=200)


pages = (
    PortalPage("home", "/home", home),
    PortalPage("home", "/", home),
    PortalPage("home", NOT_ALLOWED_PATH, not_allowed, is_public=True, needs_store=False),
)
