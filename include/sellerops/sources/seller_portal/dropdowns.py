"""Drop-downs: native ``select`` elements and ``kat-dropdown``, which needs real clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.controls import Controls

# The text of the chosen option, whichever element the locator found.
_CHOSEN = """element => {
    const host = element.closest('kat-dropdown')
        || (element.getRootNode().host && element.getRootNode().host.closest('kat-dropdown'));
    if (element.tagName === 'SELECT')
        return element.selectedIndex < 0 ? '' : element.options[element.selectedIndex].text.trim();
    if (!host) return element.innerText.trim();
    const option = Array.from(host.querySelectorAll('kat-option'))
        .find(each => each.getAttribute('value') === host.getAttribute('value'));
    return option ? (option.getAttribute('label') || option.innerText).trim() : '';
}"""


def choose(
    controls: Controls, names: tuple[str, ...], option: tuple[str, ...], value: str, within: Locator | None
) -> None:
    """See ``Controls.choose``. PageChanged if the drop-down or the option is missing, or is not kept."""
    from playwright.sync_api import Error

    found = _find(controls, names, within)
    wanted = option[0] if option else value
    missing = controls.changed(f"option {wanted!r} of {names[0]!r}")
    if found.evaluate("element => element.tagName") == "SELECT":
        options = found.evaluate("element => Array.from(element.options, o => [o.value, o.text.trim()])")
        match = next(([v] for v, text in options if (v == value if value else text in option)), None)
        if match is None:
            raise missing
        found.select_option(match)
    else:
        found.click()
        try:
            _option(controls, found, option, value).click(timeout=5_000)
        except Error:
            raise missing from None
    if option and found.evaluate(_CHOSEN) not in option:
        raise missing


def chosen(controls: Controls, names: tuple[str, ...], within: Locator | None) -> str:
    """See ``Controls.chosen``."""
    return str(_find(controls, names, within).evaluate(_CHOSEN))


def _find(controls: Controls, names: tuple[str, ...], within: Locator | None) -> Locator:
    from sellerops.sources.seller_portal.controls import named, quoted

    scope = within or controls.page.locator("body")
    hosts = ", ".join(f"kat-dropdown[label={quoted(name)}]" for name in names)
    return controls.find(
        f"drop-down {names[0]!r}", scope.locator(hosts), scope.get_by_role("combobox", name=named(*names))
    )


def _option(controls: Controls, host: Locator, option: tuple[str, ...], value: str) -> Locator:
    from sellerops.sources.seller_portal.controls import named, quoted

    if value:
        return host.locator(f"kat-option[value={quoted(value)}]").first
    return host.get_by_role("option", name=named(*option)).filter(visible=True).first
