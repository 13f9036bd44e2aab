"""A notice reads well in channels that do not know Slack's mark-up."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from sellerops.notices.markup import cut_to_fit, to_html, to_plain_text
from sellerops.notices.notice import escape

TEXT = (
    "sales <b> & traffic failed: 2*3\n*northwind_na* US (`fetch_report`)\nCause: a &lt;b&gt; &amp;\n"
    "<http://airflow/x?a=1&amp;b=2|Log> <http://airflow/run>"
)


def test_plain_text() -> None:
    assert to_plain_text(TEXT) == (
        "sales <b> & traffic failed: 2*3\nnorthwind_na US (`fetch_report`)\nCause: a <b> &\n"
        "Log: http://airflow/x?a=1&amp;b=2 http://airflow/run".replace("&amp;", "&")
    )


def test_html() -> None:
    assert to_html(TEXT) == (
        "sales &lt;b&gt; &amp; traffic failed: 2*3\n<b>northwind_na</b> US (<code>fetch_report</code>)\n"
        "Cause: a &lt;b&gt; &amp;\n"
        '<a href="http://airflow/x?a=1&amp;b=2">Log</a> <a href="http://airflow/run">http://airflow/run</a>'
    )


@given(st.text(max_size=300))
def test_any_text_is_well_formed_html_and_loses_nothing(text: str) -> None:
    shown = to_html(escape(text))
    assert "<" not in re.sub(r"</?(b|code)>", "", shown)
    assert html.unescape(re.sub(r"</?(b|code)>", "", shown)).replace("*", "").replace(
        "`", ""
    ) == html.unescape(html.unescape(escape(text))).replace("*", "").replace("`", "")


@given(st.lists(st.text(alphabet="a&<*`\n", max_size=80), max_size=60), st.integers(80, 400))
def test_it_is_cut_to_what_a_channel_takes(lines: list[str], most: int) -> None:
    text = "\n".join(lines)
    cut = cut_to_fit(text, most)
    assert len(to_html(cut)) <= most
    assert cut == text or cut.endswith("the run's page shows all of it.")


class Tags(HTMLParser):
    """Which tags are open; one that closes another than the last is wrong."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("a", "b", "code")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=500, deadline=None)
@given(st.text("`*<>&;ab \n|/:hptsx", max_size=40), st.integers(30, 200))
def test_tags_never_cross_whatever_a_value_holds(text: str, most: int) -> None:
    for shown in (to_html(text), to_html(escape(text)), to_html(cut_to_fit(text, most))):
        assert Tags(shown).open == []
