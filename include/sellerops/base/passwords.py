"""Recognizes passwords that attackers would try first."""

from __future__ import annotations

SHORTEST = 8
_WELL_KNOWN = frozenset(
    {
        "12345678",
        "123456789",
        "admin123",
        "change-me",
        "changeme",
        "passw0rd",
        "password",
        "password1",
        "postgres",
        "sellerops",
    }
)


def why_weak(user: str, password: str) -> str:
    """Why the password is weak, as a phrase that follows "the password of ..."; empty if it is not known to
    be weak. Never contains the password.
    """
    if not password:
        return "is empty"
    if password.lower() == user.lower():
        return "is the user's name"
    if password.lower() in _WELL_KNOWN:
        return "is one that attackers try first"
    if len(password) < SHORTEST:
        return f"has fewer than {SHORTEST} characters"
    return ""


__all__ = ["SHORTEST", "why_weak"]
