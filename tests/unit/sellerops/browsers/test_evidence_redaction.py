"""What evidence may show of a page."""

import pytest

from sellerops.browsers.evidence_redaction import Redactor, forms_of, interface_words

SECRET = 'pa"ss wörd&7/+='
REDACTOR = Redactor([SECRET, "JBSWY3DPEHPK3PXP"])


@pytest.mark.parametrize("form", sorted(forms_of(SECRET)))
def test_a_secret_is_masked_in_every_form_that_pages_and_traces_write(form):
    for shown in (REDACTOR.plain(f"x {form} y"), REDACTOR.page(f"<button>{form}</button>")):
        assert form not in shown
        assert "wörd" not in shown


def test_words_of_the_interface_stay_and_others_keep_their_shape():
    assert (
        REDACTOR.words("Your report is ready, Maria Sample-Doe") == "Your report is ready, Xxxxx Xxxxxx-Xxx"
    )
    assert REDACTOR.words("12 Example Street, 90210 Anytown") == "12 Xxxxxxx Xxxxxx, 00000 Xxxxxxx"
    assert REDACTOR.words("111-1234567-7654321") == "111-0000000-0000000"
    assert REDACTOR.words("2026-11-28 In Progress") == "2026-11-28 In Progress"
    assert REDACTOR.words("山田太郎 ÄÖ") == "xxxx XX"


@pytest.mark.parametrize("mail", ["maria@example.com", "m.s+x@mail.example.co.uk", "maria%40example.com"])
def test_mail_addresses_are_masked_even_in_buttons(mail):
    shown = REDACTOR.page(f"<button title='{mail}'>Write to {mail}</button><td>{mail}</td>")
    assert "maria" not in shown
    assert "example" not in shown
    assert "<button" in shown


def test_what_fields_scripts_and_comments_hold_is_left_out():
    shown = REDACTOR.page(
        "<html><head><meta name=csrf content=tok123><script>var t='tok123'</script>"
        "<style>.tok123{}</style></head>"
        "<body data-token=tok123 onclick=\"x('tok123')\"><!-- tok123 -->"
        "<input type=hidden name=token value=tok123>"
        "<input id=user type=text value=tok123 placeholder='Your e-mail'><noscript>tok123</noscript>"
        '<a href="/page?token=tok123&amp;x=1#tok123">Download</a><a href="data:text/html,tok123">x</a></body>'
    )
    assert "tok123" not in shown
    assert '<input type="hidden" name="token">' in shown
    assert "placeholder=" in shown
    assert "/page?token=" in shown


def test_a_control_keeps_its_words_and_what_follows_it_does_not():
    """The page object looks for a button by its name; a name that changed has to be legible."""
    page = "<div><button><span>Anfordern<br></span></button>Maria<p>Maria</p></div>"
    shown = REDACTOR.page(page)
    assert "Anfordern" in shown
    assert "Maria" not in shown
    for control in ("<th>Größe", '<div role="tab">Größe', '<kat-button label="Größe">'):
        assert "Größe" in REDACTOR.page(control)
    assert "Größe" not in REDACTOR.page('<a label="Größe" title="Größe" aria-label="Größe">Größe</a>')


def test_shadow_roots_stay_readable():
    source = (
        '<kat-button><template shadowrootmode="open"><button>Request</button>Maria</template></kat-button>'
    )
    shown = REDACTOR.page(source)
    assert '<template shadowrootmode="open"><button>Request</button>' in shown


def test_addresses_lose_their_user_their_values_and_long_tokens():
    address = "https://maria:pw@site.example:8443/docs/1234567/AbCdEf0123456789AbCdEf?X-Sig=abc&b#frag"
    shown = REDACTOR.address(address)
    assert shown.startswith("https://site.example:8443/docs/0000000/")
    for hidden in ("maria", "AbCdEf", "abc", "frag"):
        assert hidden not in shown
    assert "X-Sig=" in shown


def test_the_words_that_are_shown_are_no_names():
    """First names and family names that are words, too, are easily added by mistake."""
    names = "mark may will bill grace rose jack hope joy frank dean art gene pat sue young king smith brown"
    assert not interface_words() & set(names.split())
    assert len(interface_words()) > 500
