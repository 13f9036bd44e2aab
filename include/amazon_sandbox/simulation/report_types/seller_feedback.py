"""GET_SELLER_FEEDBACK_DATA: buyers' feedback, by date. Headers are in the marketplace's language, in a
fixed order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.orders import Order
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.shipments import DAY, shipped_orders
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import HEX, between, pick, token, uniforms

REPORT_TYPE = "GET_SELLER_FEEDBACK_DATA"

HEADERS = {
    "en": ("Date", "Rating", "Comments", "Response", "Order ID", "Rater Email"),
    "de": ("Datum", "Bewertung", "Kommentare", "Antwort", "Bestellnummer", "E-Mail des Bewerters"),
    "fr": ("Date", "Note", "Commentaires", "Réponse", "Numéro de commande", "E-mail de l'évaluateur"),
    "es": ("Fecha", "Valoración", "Comentarios", "Respuesta", "Número de pedido", "E-mail del comprador"),
    "it": ("Data", "Valutazione", "Commenti", "Risposta", "Numero dell'ordine", "E-mail dell'acquirente"),
    "ja": ("日付", "評価", "コメント", "返答", "注文番号", "評価者のEメール"),
}
_WITH_POINTS = frozenset({"DE", "PL", "TR"})
FEEDBACK_SHARE = 0.015
FIRST_DAYS, LAST_DAYS = 2, 40  # from shipment to feedback
_RATINGS = (5,) * 14 + (4, 4, 4, 2, 1, 1)


def write(request: ReportRequest) -> Document | None:
    """The document of the requested marketplaces, or None if there is no feedback."""
    start, end = request.window()
    end = min(end, request.now)
    rows = sorted(row for storefront in request.storefronts for row in _rows(storefront, start, end))
    if not rows:
        return None
    language = request.storefronts[0].marketplace.language
    return flat_file(HEADERS.get(language, HEADERS["en"]), rows, charset_of(request.marketplaces))


def _rows(storefront: Storefront, start: int, end: int) -> Iterator[tuple[str, ...]]:
    for order in shipped_orders(storefront, start - LAST_DAYS * DAY, end - FIRST_DAYS * DAY):
        u = uniforms(*storefront.key, order.order_id, "feedback")
        if u[0] < FEEDBACK_SHARE:
            at = order.shipped + int(between(u[1], FIRST_DAYS, LAST_DAYS) * DAY)
            if start <= at < end:
                yield _row(storefront, order, at, u)


def _row(storefront: Storefront, order: Order, at: int, u: tuple[float, ...]) -> tuple[str, ...]:
    day = date.fromordinal(storefront.marketplace.day_of_epoch(at))
    rating = pick(u[2], _RATINGS)
    said = _said(storefront.marketplace.language, rating)
    mailbox = token(HEX, 15, *storefront.key, order.order_id, "mail")
    mail = f"{mailbox}@marketplace.{storefront.marketplace.sales_channel}"
    return (
        _written(day, storefront.marketplace.country),
        str(rating),
        said["comment"],
        said["response"],
        order.order_id,
        mail.lower(),
    )


def _written(day: date, country: str) -> str:
    """The day as the marketplace writes it: 1/13/26, 13/1/26, 13.01.26, 26/1/13."""
    if country == "US":
        return f"{day.month}/{day.day}/{day:%y}"
    if country == "JP":
        return f"{day:%y}/{day.month}/{day.day}"
    if country in _WITH_POINTS:
        return f"{day:%d.%m.%y}"
    return day.isoformat() if country == "SE" else f"{day.day}/{day.month}/{day:%y}"


def _said(language: str, rating: int) -> dict[str, str]:
    every = tables.rows("feedback_comments")
    own = [row for row in every if row["language"] == language]
    return next(row for row in own or every if row["rating"] == str(rating))
