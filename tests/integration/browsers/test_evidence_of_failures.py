"""The evidence of a failed job in a real browser holds none of what the pages held."""

import base64
import io
import json
import zipfile
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from support.browsers import failure_of, make_login
from support.web_site import COOKIE

from sellerops.base.errors import BrowserUnavailable, PageChanged

PASSWORD, CODE, SECRET = 'pass"wörd&canary', "918273", "JBSWY3DPEHPK3PXPCANARY"
CSRF = "csrf-canary-9b1d77aa"
USER = "operations@northwind.example"
BUYER = {"name": "Mariela Quintanavarro", "mail": "mariela.q@shopper.example", "street": "77 Zwetschgenallee"}
ORDER = "114-3941689-8772232"
# In every place that a page has: text, heading, link, cells, options, labels, attributes, scripts, comments.
PERSONAL = """<h2>Order of {name}</h2><p>{name}, {street}</p>
<a href="mailto:{mail}?n={name}">{name} {mail}</a>
<a href="/orders/{order}?buyer={name}&sig=Zx81Zx81Zx81Zx81Zx81Zx81">x</a>
<table><tr><td>{name}</td><td>{mail}</td><td>{order}</td></tr></table>
<label>Ship to {name} <input type=radio name=to value="{street}"></label>
<select><option value="{mail}">{name}</option></select><textarea>{street}</textarea>
<input value="{mail}" id=typed><div title="{name}" aria-label="{name}" data-buyer="{name}">
<img alt="{name}" src="/i.png?n={name}"></div>
<div contenteditable>{street}</div><!-- {name} --><button>Write to {mail}</button>
<kat-label label="{name}"></kat-label><script>
window.buyer = "{name} {mail} {street}"; localStorage.setItem("b", "{name}"); console.log("{name}");
</script><iframe srcdoc="<p>{name}</p><input value='{mail}'>"></iframe>"""
CANARIES = [
    PASSWORD, CODE, SECRET, CSRF, COOKIE, USER, "Mariela", "Quintanavarro", "mariela.q", "shopper.example",
    "Zwetschgenallee", "3941689", "8772232", "Zx81Zx81",
]  # fmt: skip


def forms_of(text):
    """As bytes that may be in a file: plain, URL-encoded, in JSON, in base64 at each alignment."""
    raw = text.encode()
    forms = {raw, quote(text).encode(), quote(text, safe="").encode(), text.encode("utf-16-le")}
    forms |= {json.dumps(text)[1:-1].encode(), json.dumps(json.dumps(text))[3:-3].encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + raw)
        # What the neighbours of the text do not change.
        forms.add(encoded[(shift * 4 + 2) // 3 + (1 if shift else 0) : -4])
    return {form for form in forms if len(form) >= 5}


def contents_of(folder):
    """Every file, zips unpacked, and every text in them once URL-decoded."""
    for path in folder.iterdir():
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as unpacked:
                for name in unpacked.namelist():
                    inner = unpacked.read(name)
                    yield f"{path.name}/{name}", inner
                    yield f"{path.name}/{name}, decoded", unquote(inner.decode("utf-8", "replace")).encode()


def folder_of(error):
    return Path(urlsplit(error.details["evidence"]).path)


def fail_after_signing_in(session, site):
    with session.private():
        session.goto(f"{site.url}/signin")
        for field, value in (("#user", USER), ("#password", PASSWORD), ("#code", CODE)):
            session.page.fill(field, value)
        session.page.click("#go")
        session.page.wait_for_url("**/home")
    session.page.fill("#typed", PASSWORD)
    session.page.evaluate(f"console.log({BUYER['name']!r})")
    session.page.goto(f"{site.url}/home?token={CSRF}&mail={BUYER['mail']}")
    session.request_file("/posted", "POST", {"buyer": BUYER["name"], "csrf": CSRF})
    session.page.fill("#typed", BUYER["street"])
    raise PageChanged("the page has no control 'Download'.", page="reports", control=f"of {BUYER['name']}")


def test_no_secret_and_no_buyer_is_in_screenshot_page_or_trace(pool, site, evidence):
    site.csrf = CSRF
    site.extra = PERSONAL.format(**BUYER, order=ORDER)
    error = failure_of(
        pool,
        make_login("brand_analytics"),
        evidence,
        lambda session: fail_after_signing_in(session, site),
        job_id=12,
        secrets=(PASSWORD, SECRET, USER),
    )
    assert isinstance(error, PageChanged)
    folder = folder_of(error)
    assert folder == evidence / "brand_analytics" / "12"
    assert sorted(path.name for path in folder.iterdir()) == ["page.html", "screenshot.png", "trace.zip"]
    searched = 0
    for name, content in contents_of(folder):
        searched += 1
        for canary in CANARIES:
            for form in forms_of(canary):
                assert form not in content, f"{canary!r} is in {name}"
    assert searched >= 7

    page = (folder / "page.html").read_text()
    assert '<template shadowrootmode="open"><button>Request Report</button>' in page
    assert 'id="file"' in page
    assert "Xxxxxxx" in page
    assert (folder / "screenshot.png").read_bytes().startswith(b"\x89PNG")
    with zipfile.ZipFile(folder / "trace.zip") as trace:
        events = [json.loads(line) for line in trace.read("trace.trace").splitlines()]
        kinds = {each["type"] for each in events}
        assert {"context-options", "before", "after", "frame-snapshot"} <= kinds
        methods = [each.get("method") for each in events if each["type"] == "before"]
        assert "goto" in methods
        assert "click" not in methods, "what happened while signing in is traced"
        network = trace.read("trace.network").decode()
        assert "/home" in network
        assert "/signin" not in network
        for word in ("cookie", "Cookie", "Authorization", "postData"):
            assert f'"{word}"' not in network


def test_the_picture_is_taken_after_the_words_of_the_page_were_masked(pool, site, evidence):
    """A screenshot cannot be searched for names: what the page showed at that moment can."""
    site.extra = PERSONAL.format(**BUYER, order=ORDER)
    seen = []

    def fail(session):
        with session.private():
            session.goto(f"{site.url}/signin")
            session.page.click("#go")
            session.page.wait_for_url("**/home")
        page = session.page
        take = page.screenshot

        def picture(**options):
            seen.append(visible_text(page))
            return take(**options)

        page.screenshot = picture
        raise BrowserUnavailable("for the test.")

    failure_of(pool, make_login("finance"), evidence, fail)
    (text,) = seen
    assert "Download" in text
    assert "Xxxxxxx" in text
    for canary in ("Mariela", "Quintanavarro", "mariela.q", "Zwetschgenallee", "3941689"):
        assert canary not in text


def visible_text(page):
    """What a screenshot shows, without fields, which are covered."""
    shown = [frame.locator("body").inner_text() for frame in page.frames]
    shown += page.locator("kat-button button, kat-button p").all_inner_texts()
    return "\n".join(shown)
