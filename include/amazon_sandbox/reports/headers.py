"""Headers of flat files in the account's language, for the fault `localized_header`.

Invented translations: what matters is that the English names are gone. All letters exist in Windows-1252.
"""

from __future__ import annotations

_ENGLISH = (
    "sku", "fnsku", "asin", "product-name", "condition", "your-price", "quantity", "currency", "item-price", "item-tax",
    "shipping-price", "shipping-tax", "amazon-order-id", "order-id", "order-status", "purchase-date", "last-updated-date",
    "sales-channel", "item-status", "ship-city", "ship-state", "ship-postal-code", "ship-country", "return-date", "reason",
    "status", "customer-comments", "fulfillment-center-id", "detailed-disposition", "afn-fulfillable-quantity",
    "afn-warehouse-quantity", "afn-total-quantity", "afn-reserved-quantity", "afn-unsellable-quantity", "settlement-id",
    "total-amount", "transaction-type", "amount-type", "amount-description", "amount", "posted-date",
)  # fmt: skip
_GERMAN = (
    "SKU", "FNSKU", "ASIN", "Produktname", "Zustand", "Ihr Preis", "Menge", "Währung", "Artikelpreis", "Artikelsteuer",
    "Versandpreis", "Versandsteuer", "Amazon-Bestellnummer", "Bestellnummer", "Bestellstatus", "Kaufdatum",
    "Datum der letzten Aktualisierung", "Vertriebskanal", "Artikelstatus", "Lieferort", "Bundesland", "Postleitzahl", "Land",
    "Rückgabedatum", "Grund", "Status", "Kundenkommentare", "Versandzentrum", "Genauer Zustand", "Versandfähige Menge",
    "Lagermenge", "Gesamtmenge", "Reservierte Menge", "Unverkäufliche Menge", "Abrechnungsnummer", "Gesamtbetrag",
    "Transaktionsart", "Betragsart", "Betragsbeschreibung", "Betrag", "Buchungsdatum",
)  # fmt: skip
_FRENCH = (
    "SKU", "FNSKU", "ASIN", "Nom du produit", "État", "Votre prix", "Quantité", "Devise", "Prix de l'article",
    "Taxe de l'article", "Prix de livraison", "Taxe de livraison", "Numéro de commande Amazon", "Numéro de commande",
    "Statut de la commande", "Date d'achat", "Date de mise à jour", "Canal de vente", "Statut de l'article", "Ville", "Région",
    "Code postal", "Pays", "Date de retour", "Motif", "Statut", "Commentaires du client", "Centre de distribution",
    "Disposition", "Quantité expédiable", "Quantité en entrepôt", "Quantité totale", "Quantité réservée",
    "Quantité invendable", "Numéro de règlement", "Montant total", "Type de transaction", "Type de montant",
    "Description du montant", "Montant", "Date de comptabilisation",
)  # fmt: skip

HEADERS: dict[str, dict[str, str]] = {
    "de": dict(zip(_ENGLISH, _GERMAN, strict=True)),
    "fr": dict(zip(_ENGLISH, _FRENCH, strict=True)),
}
