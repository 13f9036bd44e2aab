"""A login's credentials, from its Airflow connection."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime

from sellerops.base.errors import LoginRefused

# OpenSSL's default memory limit (32 MB) is just above what these need.
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


@dataclass(frozen=True)
class PortalCredentials:
    """User, password and one-time password secret (base32). Only the address and the connection's name ever
    appear in text. ``base`` overrides the site's address; if empty, site and region determine it.
    """

    user: str = field(repr=False)
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    base: str = ""
    connection: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that, like one-time codes, must not appear anywhere."""
        return tuple(filter(None, (self.password, self.totp_secret, self.user)))

    def check(self) -> None:
        """Raise LoginRefused when user or password is missing, or when the secret yields no code."""
        for part, value in (("user", self.user), ("password", self.password)):
            if not value:
                raise self._incomplete(f"The {part} is missing.", f"Enter the {part}")
        if self.totp_secret:
            self.code_at(datetime.fromtimestamp(0).astimezone())

    def code_at(self, moment: datetime) -> str:
        """The six digits that an authenticator app shows at an (aware) moment. Raises LoginRefused without a
        usable secret.
        """
        if not self.totp_secret:
            raise self._incomplete(
                "The site asks for a one-time code, and the one-time password secret is missing.",
                "Enter the secret",
            )
        try:
            return _totp(self.totp_secret.replace(" ", ""), moment)
        except ValueError:
            raise self._incomplete(
                "The one-time password secret is not base32.",
                "Copy the key (A-Z and 2-7) that the site shows beside the QR code of an authenticator app",
            ) from None

    def digest(self) -> str:
        """A salted digest, by which refused credentials are recognised. Slow on purpose (scrypt)."""
        salt = os.urandom(16)
        return f"{_text(salt)}${_text(self._hash(salt))}"

    def has_digest(self, digest: str) -> bool:
        """Whether ``digest`` was made from these credentials."""
        salt, _, known = digest.partition("$")
        return hmac.compare_digest(_text(self._hash(base64.b64decode(salt))), known)

    def _hash(self, salt: bytes) -> bytes:
        parts = "\x1f".join((self.user, self.password, self.totp_secret))
        return hashlib.scrypt(parts.encode(), salt=salt, dklen=32, **_SCRYPT)

    def _incomplete(self, cause: str, remedy: str) -> LoginRefused:
        where = f"connection {self.connection}" if self.connection else "the login's connection"
        return LoginRefused(
            cause, where=where, remedy=f"{remedy} in Admin > Connections, then clear the task."
        )


def _totp(secret: str, moment: datetime) -> str:
    import pyotp

    class Totp(pyotp.TOTP):
        # The site chooses the length: 80 bits are common.
        min_secret_length_bits = 0

    return Totp(secret).at(moment)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
