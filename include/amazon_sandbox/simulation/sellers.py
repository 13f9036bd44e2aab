"""The sellers of a scenario and their credentials, generated from the seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from amazon_sandbox.simulation import marketplaces
from amazon_sandbox.simulation.streams import HEX, UPPER_ALNUM, URL_SAFE, token

SCENARIOS: dict[str, dict[str, tuple[str, ...]]] = {
    "demo": {
        "northwind_na": ("US", "CA", "MX"),
        "northwind_eu": ("GB", "DE", "FR"),
    },
    "world": {
        "northwind_na": ("US", "CA", "MX"),
        "northwind_eu": ("GB", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "IE"),
        "northwind_jp": ("JP",),
        "northwind_au": ("AU",),
        "northwind_ae": ("AE", "SA"),
    },
}


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller account and its authorization of one application.

    `region` is the endpoint group (NA, EU, FE). The secrets are valid only for this sandbox; `repr` omits
    them so that logs look as they should with real ones.
    """

    account: str
    seller_id: str
    region: str
    marketplace_ids: tuple[str, ...]
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


def make_sellers(seed: int, scenario: str) -> list[Seller]:
    """The sellers of a scenario, with one application per region, as for private applications, and one
    refresh token per seller.

    Raises ValueError for an unknown scenario.
    """
    if scenario not in SCENARIOS:
        known = ", ".join(sorted(SCENARIOS))
        raise ValueError(f"unknown scenario {scenario!r}; write one of: {known}")
    return [_seller(seed, account, countries) for account, countries in SCENARIOS[scenario].items()]


def _seller(seed: int, account: str, countries: tuple[str, ...]) -> Seller:
    sold_in = [marketplaces.by_country(country) for country in countries]
    region = sold_in[0].region
    return Seller(
        account=account,
        seller_id="A" + token(UPPER_ALNUM, 13, seed, account, "seller_id"),
        region=region,
        marketplace_ids=tuple(marketplace.marketplace_id for marketplace in sold_in),
        client_id="amzn1.application-oa2-client." + token(HEX, 32, seed, region, "client_id"),
        client_secret="amzn1.oa2-cs.v1." + token(HEX, 64, seed, region, "client_secret"),
        refresh_token="Atzr|" + token(URL_SAFE, 240, seed, account, "refresh_token"),
    )
