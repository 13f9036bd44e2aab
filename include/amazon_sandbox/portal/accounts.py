"""The users who may sign in at the portal: test data, made from the seed and the sellers' names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.streams import HEX, token

# What users are for; each of these sees all sellers. In addition, each seller has a user of its own.
ROLES = ("brand_analytics", "logistics", "business_reports", "finance", "ads", "support", "market_data")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_STEP_S = 30


@dataclass(frozen=True, slots=True)
class PortalUser:
    """A user. ``totp_secret``: base32, what an authenticator app is set up with. ``accounts``: names of the
    sellers whose pages it sees.
    """

    email: str
    role: str
    accounts: tuple[str, ...]
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)

    def as_dict(self) -> dict[str, object]:
        """With its credentials, as ``/_sandbox/portal`` shows it."""
        return {
            "email": self.email,
            "role": self.role,
            "accounts": list(self.accounts),
            "password": self.password,
            "totp_secret": self.totp_secret,
        }

    def accepts_code(self, code: str, now: float) -> bool:
        """Whether an authenticator app shows this code now, or did or will within 30 seconds (RFC 6238)."""
        steps = (int(now) // _STEP_S + shift for shift in (-1, 0, 1))
        return any(hmac.compare_digest(one_time_password(self.totp_secret, step), code) for step in steps)


def portal_users(seed: int, sellers: Iterable[Seller]) -> tuple[PortalUser, ...]:
    """One user for each role, who sees all sellers, and one for each seller, who sees only that one."""
    names = tuple(seller.account for seller in sellers)
    every = [_user(seed, f"{_dashed(role)}@northwind.example", role, names) for role in ROLES]
    single = [_user(seed, f"owner@{_dashed(name)}.example", name, (name,)) for name in names]
    return (*every, *single)


def one_time_password(secret: str, step: int) -> str:
    """The six digits of a 30-second step since the epoch (RFC 4226 with the step as counter)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _user(seed: int, email: str, role: str, accounts: tuple[str, ...]) -> PortalUser:
    return PortalUser(
        email=email,
        role=role,
        accounts=accounts,
        password="test-password-" + token(HEX, 12, seed, email, "portal password"),
        totp_secret=token(_BASE32, 32, seed, email, "portal totp"),
    )
