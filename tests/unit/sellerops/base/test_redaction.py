"""No secret survives redaction, whatever surrounds it; other text is unchanged."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.costs import grows_in_proportion

from sellerops.base.redaction import MASK, redact, redact_values

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
WORD = UPPER + UPPER.lower() + "0189"


def made_of(characters: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(characters, min_size=least, max_size=most or least)


BODY = made_of(WORD, 64)
# Secrets that are known by their form, in any context. The last part of each is unlike any other text.
KNOWN = {
    "Slack bot": BODY.map(lambda x: f"xoxb-1234567890-1234567890-{x[:24]}"),
    "Slack user": BODY.map(lambda x: f"xoxp-123-456-789-{x[:32]}"),
    "Slack app": BODY.map(lambda x: f"xapp-1-A012345-678-{x}"),
    "Slack rotated": BODY.map(lambda x: f"xoxe.xoxb-1-{x}"),
    "ClickUp": BODY.map(lambda x: f"pk_12345678_{x[:32].upper()}"),
    "Telegram": BODY.map(lambda x: f"7000000001:AA{x[:33]}"),
    "LWA access": BODY.map(lambda x: f"Atza|{x}"),
    "LWA refresh": BODY.map(lambda x: f"Atzr|{x}"),
    "LWA encoded": BODY.map(lambda x: quote(f"Atzr|{x}", safe="")),
    "client secret": BODY.map(lambda x: f"amzn1.oa2-cs.v1.{x}"),
    "JWT": BODY.map(lambda x: f"eyJ{x[:20]}.eyJ{x[20:40]}.{x[40:]}"),
    "AWS id": made_of(UPPER, 16).map(lambda x: f"AKIA{x}"),
    "AWS temporary id": made_of(UPPER, 16).map(lambda x: f"ASIA{x}"),
    "webhook": BODY.map(lambda x: f"https://hooks.slack.com/services/T0{x[:8]}/B0{x[8:16]}/{x[16:40]}"),
}
FREE = {
    "{s}": "alone",
    "cannot log in with {s}: refused": "in a sentence",
    "({s})": "in brackets",
    "'{s}'": "quoted",
    '{{"a": ["{s}"]}}': "in JSON",
    "GET /x?key={s}&b=1": "in a query",
    "https://api.example/bot{s}/send": "in a path",
    "a\t{s}\tb": "in a row",
    "<v>{s}</v>": "in XML",
    "X-Key: {s}\r\nHost: a": "in a header",
}


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.parametrize("kind", KNOWN)
def test_a_secret_of_a_known_form_survives_nowhere(kind: str, data: st.DataObject) -> None:
    secret = data.draw(KNOWN[kind])
    context = data.draw(st.sampled_from(sorted(FREE)))
    shown = redact(context.format(s=secret))
    assert secret not in shown and secret[-16:] not in shown and MASK in shown
    assert redact(shown) == shown


NAMES = [
    "password", "POSTGRES_PASSWORD", "pwd", "client_secret", "clientSecret", "refresh_token", "access_token",
    "accessToken", "restrictedDataToken", "aws_secret_access_key", "SecretAccessKey", "aws_session_token",
    "x-amz-access-token", "X-Amz-Security-Token", "AIRFLOW__CORE__FERNET_KEY", "api_key", "bot_token",
    "passphrase",
]  # fmt: skip
NAMED = [
    "{n}={s}",
    "{n}: {s}",
    "{n} = '{s}' host=db",
    'host=db {n}="{s}" user=x',
    "host=db {n}={s} user=x",
    '{{"{n}": "{s}", "b": 1}}',
    "{{'{n}': '{s}'}}",
    '{{\\"{n}\\": \\"{s}\\"}}',
    "[(b'{n}', b'{s}')]",
    "('{n}', '{s}')",
    "<{n}>{s}</{n}>",
    "a=1&{n}={s}&b=2",
    "a%3D1%26{n}%3D{s}",
    "refused: {n}={s}",
    "{n}='{s}",
]
# Characters that end a password in no context; otherwise its remainder would leak.
SECRET = st.builds(
    lambda a, b: f"{a}{b}", made_of(WORD, 12, 40), made_of(WORD + ".,;:!?@#$%^*()_+-/|~[]", 12, 20)
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMED), SECRET)
def test_a_secret_under_its_name_survives_nowhere(name: str, context: str, secret: str) -> None:
    shown = redact(context.format(n=name, s=secret))
    assert secret[:10] not in shown and secret[-10:] not in shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "host=db password='correct horse battery' user=x",
        'host=db password="correct horse battery" user=x',
        r"host=db password='correct \'horse battery' user=x",
        "host=db password='correct ''horse battery' user=x",
        "host=db password=correct horse battery user=x",
        "host=db password = 'correct horse battery",
        "postgresql://me:correct horse battery@db:5432/x?sslmode=require",
        "postgresql://me:correct@horse/battery@db:5432/x",
        "could not connect to postgresql+psycopg://me:correct%20horse%20battery@db/x: refused",
        "redis://:correct horse battery@db",
        '{"url":"redis://:correct@db","mail":"joe@example.com"}' + "x" * 300 + "@y",
        'AIRFLOW_CONN_X={"conn_type": "postgres", "password": "correct horse battery"}',
        "'AIRFLOW_CONN_X': '{\"password\": \"correct horse battery\"}'",
        '{"message": "{\\"password\\": \\"correct horse battery\\"}"}',
        "Authorization: Basic correcthorse",
        "authorization: Bearer correct.horse.battery",
        "headers=[('authorization', 'Bearer correcthorsebattery')]",
        "AKIAABCDEFGHIJKLMNOP correcthorsebattery012345678901234567890",
        "aws_access_key_id=AKIAABCDEFGHIJKLMNOP\naws_secret_access_key=correcthorse/battery+0123",
        "https://b.s3.amazonaws.com/x?X-Amz-Credential=correct%2Fhorse&X-Amz-Signature=battery&X-Amz-Expires=300",
        "https://b.s3.amazonaws.com/x?AWSAccessKeyId=correct&Signature=horse%3D&Expires=1",
        "-----BEGIN PRIVATE KEY-----\ncorrect\nhorse\n-----END PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\ncorrect\nhorse",
        '{"k": "-----BEGIN RSA PRIVATE KEY-----\\ncorrect\\nhorse\\n-----END RSA PRIVATE KEY-----\\n"}',
        "https://hooks.slack.com/workflows/correct/horse/battery",
        "POST https://api.telegram.org/bot7000000001:correct_horse/sendMessage",
    ],
)
def test_what_shows_a_secret_is_masked(text: str) -> None:
    shown = redact(text)
    assert not [word for word in ("correct", "horse", "battery") if word in shown], shown
    assert MASK in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        'password authentication failed for user "sellerops"',
        "the refresh token is wrong or was revoked",
        "connection to http://127.0.0.1:8900/sp refused, told joe@example.com",
        "see https://sellercentral.amazon.com:443, then mail ops@example.com",
        "at 10:15:00 http://localhost:80: x@y",
        "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL, US, 2026-11-01..2026-11-30",
        "constraint pk_orders_api of table amazon_sp.orders, pk_order_items_by_shop",
        "order 249-1234567-1234567, asin B0ABCDEFGH, sku pk_blue-2, quantity: 3",
        "keys are sorted: account_id, token_url, nextToken",
        "bearer instruments and basic functionality",
        "sk_orders, xox, AKIA, Atza, eyJ, pk_local",
        "2026-11-20T10:00:00+00:00 amzn1.application-oa2-client.0123",
        "a 1234567890:12 ratio; a signature is missing; signed by Jane",
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "size > password length",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00:=@|<>-._,/%"), max_size=80))
def test_text_without_a_mark_is_left_alone(text: str) -> None:
    assert redact(text) == text or "bearer" in text.lower() or "eyJ" in text


def test_a_mapping_is_masked_by_its_names_too() -> None:
    values = {"POSTGRES_PASSWORD": "x", "Authorization": ["y"], "a": [{"bot_token": 1}], "pages": "pwd='a b'"}
    assert redact_values(values) == {
        "POSTGRES_PASSWORD": MASK,
        "Authorization": MASK,
        "a": [{"bot_token": MASK}],
        "pages": f"pwd='{MASK}'",
    }
    assert json.dumps(redact_values({"report_id": "1", "key": "v", "nextToken": "t"}))


@pytest.mark.parametrize(
    "part",
    ["password=", "password='", 'password="\\', "://a:", "://a:b@", "@", "x&", "eyJaaaaaaaa.",
     "-----BEGIN PRIVATE KEY", "Bearer ", "AKIAABCDEFGHIJKLMNOP ", "password=a b ", "1234567:", " "],
)  # fmt: skip
def test_the_cost_is_in_proportion_to_the_text(part: str) -> None:
    def seconds(size: int) -> float:
        text = (part * size)[:size]
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    assert grows_in_proportion(seconds, 20_000, 80_000, least=0.1)
