"""The forms of signing in, with the ids and names that Amazon's have kept for years."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape

from amazon_sandbox.portal.routes import PortalCall

TITLE = "Amazon Sign-In"


_OFF = 'autocomplete="off"'


def _form(path: str, *parts: str) -> str:
    return f'<form class="signin" method="post" action="{path}">{"".join(parts)}</form>'


def _submit(text: str, html_id: str = "") -> str:
    named = f' id="{html_id}"' if html_id else ""
    return f'<input type="submit"{named} value="{escape(text)}">'


def _email(call: PortalCall) -> str:
    label = call.say("Email or mobile phone number", "E-Mail oder Telefonnummer", "Eメールまたは電話番号")
    return _form(
        "/ap/signin",
        f'<label for="ap_email">{label}</label>',
        f'<input type="email" id="ap_email" name="email" {_OFF}>',
        _submit(call.say("Continue", "Weiter", "次へ進む"), "continue"),
    )


def _password(call: PortalCall) -> str:
    label = call.say("Password", "Passwort", "パスワード")
    return _form(
        "/ap/signin",
        f'<input type="hidden" name="email" id="ap_email" value="{escape(call.user.email)}">',
        f'<label for="ap_password">{label}</label>',
        '<input type="password" id="ap_password" name="password">',
        _submit(call.say("Sign in", "Anmelden", "ログイン"), "signInSubmit"),
    )


def _code(call: PortalCall) -> str:
    title = call.say("Two-Step Verification", "Zwei-Schritt-Verifizierung", "2段階認証")
    remember = call.say("Don't ask again", "Nicht erneut fragen", "このブラウザでは要求しない")
    missing = call.say("Didn't receive the OTP?", "Keinen Code erhalten?", "コードが届きませんか？")
    return _form(
        "/ap/mfa",
        f"<h1>{title}</h1>",
        f'<input type="tel" id="auth-mfa-otpcode" name="otpCode" {_OFF}>',
        f'<label><input type="checkbox" id="auth-mfa-remember-device">{remember}</label>',
        _submit(call.say("Sign in", "Anmelden", "ログイン"), "auth-signin-button"),
        f'<a id="auth-get-new-otp-link" href="/ap/mfa">{missing}</a>',
    )


def _device_choice(call: PortalCall) -> str:
    app = call.say("Use an authenticator app", "Authentifizierungs-App verwenden", "認証アプリを使用")
    phone = call.say("Text me at a number ending in 00", "SMS an Endziffern 00", "末尾00の番号にSMSを送信")
    return _form(
        "/ap/mfa/new-otp",
        f'<label><input type="radio" name="otpDeviceContext" value="phone, 00, SMS" checked>{phone}</label>',
        f'<label><input type="radio" name="otpDeviceContext" value="authenticator, TOTP">{app}</label>',
        _submit(call.say("Send OTP", "Code senden", "コードを送信"), "auth-send-code"),
    )


def _phone_suggestion(call: PortalCall) -> str:
    skip = call.say("Not now", "Jetzt nicht", "後で")
    add = call.say("Add mobile number", "Mobiltelefonnummer hinzufügen", "携帯電話番号を追加")
    send = "this.closest('form').submit(); return false"
    return _form(
        "/ap/accountfixup",
        f'<h1>{add}</h1><input type="tel" name="phone">',
        _submit(add),
        f'<a id="ap-account-fixup-phone-skip-link" href="#" onclick="{send}">{skip}</a>',
    )


def _captcha(call: PortalCall) -> str:
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60">'
        '<rect width="200" height="60" fill="#eee"/><text x="20" y="42" font-size="34" letter-spacing="6">'
        f"{call.session.captcha}</text></svg>"
    )
    source = base64.b64encode(picture.encode()).decode()
    return _form(
        "/errors/validateCaptcha",
        "<h1>Type the characters you see</h1>",
        f'<img id="auth-captcha-image" alt="captcha" src="data:image/svg+xml;base64,{source}">',
        f'<input name="guess" {_OFF} aria-label="Type the characters you see">',
        _submit("Continue"),
    )


def _new_device(call: PortalCall) -> str:
    return _form(
        "/ap/cvf/request",
        "<h1>Verify it's you</h1>",
        "<p>Enter the code that we sent to your phone. (In this local portal any six digits do.)</p>",
        f'<input id="cvf-input-code" name="code" {_OFF}>',
        _submit("Continue"),
    )


def _passkey(call: PortalCall) -> str:
    return _form(
        "/ap/signin/passkey",
        "<h1>Sign in with a passkey</h1>",
        "<p>This account has no password. (In this local portal the button is enough.)</p>",
        '<button id="auth-signin-via-passkey-btn" type="submit">Sign in with a passkey</button>',
    )


def _consent(call: PortalCall) -> str:
    return _form(
        "/consent/agreement",
        "<h1>Updated terms</h1><p>Read and accept the agreement to go on.</p>",
        '<button id="agreement-accept" type="submit">Accept</button>',
    )


def _unknown(call: PortalCall) -> str:
    return _form(
        "/ap/notice",
        "<h1>A quick question about your business</h1><p>Tell us how you sell.</p>",
        '<button type="submit">Done</button>',
    )


def datarova_form() -> str:
    """E-mail and password on one page."""
    return _form(
        "/datarova/login",
        '<h1>Datarova</h1><label for="email">Email</label><input type="email" id="email" name="email">',
        '<label for="password">Password</label>',
        '<input type="password" id="password" name="password"><button type="submit">Log in</button>',
    )


FORMS: dict[str, Callable[[PortalCall], str]] = {
    "email": _email,
    "password": _password,
    "code": _code,
    "device_choice": _device_choice,
    "phone_suggestion": _phone_suggestion,
    "captcha": _captcha,
    "new_device": _new_device,
    "passkey": _passkey,
    "consent": _consent,
    "unknown": _unknown,
}
