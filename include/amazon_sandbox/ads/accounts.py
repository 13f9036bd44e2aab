"""The Ads API's own applications and refresh tokens, and the profiles they give access to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from amazon_sandbox.ads.data import AUDIENCE
from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.lwa.state import Grant, TokenStore
from amazon_sandbox.simulation import Seller, marketplaces
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.streams import HEX, UPPER_ALNUM, URL_SAFE, number, token

NO_BUDGET = 999_999_999.0  # what a profile without a daily budget shows


@dataclass(frozen=True, slots=True)
class Profile:
    """An account in a marketplace. `type`: seller, vendor or agency; only sellers' have data."""

    id: int
    marketplace: Marketplace
    type: str
    account_id: str
    name: str

    def as_dict(self) -> dict[str, object]:
        """As GET /v2/profiles shows it."""
        budget = {"dailyBudget": NO_BUDGET} if self.type == "seller" else {}
        return {
            "profileId": self.id,
            "countryCode": "UK" if self.marketplace.country == "GB" else self.marketplace.country,
            "currencyCode": self.marketplace.currency,
            **budget,
            "timezone": self.marketplace.timezone,
            "accountInfo": {
                "marketplaceStringId": self.marketplace.marketplace_id,
                "id": self.account_id,
                "type": self.type,
                "name": self.name,
                "validPaymentMethod": True,
            },
        }


@dataclass(frozen=True, slots=True)
class AdsAccount:
    """A seller's authorization of an Ads application; none of its credentials are valid for SP-API."""

    seller: Seller
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    profiles: tuple[Profile, ...]

    def profile(self, text: str) -> Profile | None:
        """A profile by its id as text."""
        return next((profile for profile in self.profiles if str(profile.id) == text), None)

    def as_dict(self) -> dict[str, object]:
        """Credentials and profiles, as /_sandbox/accounts shows them."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "profiles": [_shown(profile) for profile in self.profiles if profile.type == "seller"],
            "other_profiles": [_shown(profile) for profile in self.profiles if profile.type != "seller"],
        }


class AdsAccounts(FamilyState):
    """The Ads side of the sandbox's sellers, whose refresh tokens Login with Amazon accepts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.all = ads_accounts(sandbox.simulation.seed, sandbox.simulation.sellers)
        self._by_name = {account.seller.account: account for account in self.all}
        tokens = sandbox.state(TokenStore)
        for account in self.all:
            tokens.add(
                Grant(
                    account.client_id, account.client_secret, account.refresh_token, account.seller, AUDIENCE
                )
            )

    def of(self, account: str) -> AdsAccount:
        """An Ads account by its account name. Raises KeyError for an unknown one."""
        return self._by_name[account]


def ads_accounts(seed: int, sellers: Iterable[Seller]) -> tuple[AdsAccount, ...]:
    """The Ads side of all sellers: a profile for each marketplace, and one of a vendor or an agency."""
    return tuple(_account(seed, seller) for seller in sellers)


def _account(seed: int, seller: Seller) -> AdsAccount:
    key = (seed, seller.account, "ads")
    sold_in = [marketplaces.by_id(marketplace_id) for marketplace_id in seller.marketplace_ids]
    name = seller.account.replace("_", " ").title()
    profiles = [
        Profile(_profile_id(*key, marketplace.country), marketplace, "seller", seller.seller_id, name)
        for marketplace in sold_in
    ]
    other = "vendor" if seller.region == "NA" else "agency"
    entity = "ENTITY" + token(UPPER_ALNUM, 14, *key, "entity")
    profiles.append(Profile(_profile_id(*key, other), sold_in[0], other, entity, f"{name} {other.title()}"))
    return AdsAccount(
        seller,
        client_id="amzn1.application-oa2-client." + token(HEX, 32, *key, "client_id"),
        client_secret="amzn1.oa2-cs.v1." + token(HEX, 64, *key, "client_secret"),
        refresh_token="Atzr|" + token(URL_SAFE, 240, *key, "refresh_token"),
        profiles=tuple(profiles),
    )


def _profile_id(*key: str | int) -> int:
    return 10**15 + number(*key, "profile") % (8 * 10**15)


def _shown(profile: Profile) -> dict[str, object]:
    return {
        "profile_id": str(profile.id),
        "country_code": profile.as_dict()["countryCode"],
        "marketplace_id": profile.marketplace.marketplace_id,
        "currency_code": profile.marketplace.currency,
        "timezone": profile.marketplace.timezone,
        "type": profile.type,
    }
