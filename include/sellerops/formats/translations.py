"""Maps translated headers back to Amazon's English ones, using ``localized_headers.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

from sellerops.formats.spelling import plain
from sellerops.settings.config_files import config_dir
from sellerops.settings.localized_headers import HEADERS

# A single foreign word may be a new column; two of one language are a translation.
_ENOUGH_WORDS = 2

Words = Mapping[str, frozenset[str]]


def english_names(
    headers: Sequence[str], known: Collection[str], *, is_lacking: bool
) -> dict[int, frozenset[str]]:
    """Position to the English headers (in plain spelling) that a header may translate.

    ``known``: the report's English headers; only other headers are looked up, and all in one language: the
    one that has most of them. ``is_lacking``: a required column is missing, so a single word suffices.
    """
    languages, english = _dictionary(config_dir())
    strange = {place: plain(header) for place, header in enumerate(headers) if plain(header) not in known}
    best: dict[int, frozenset[str]] = {}
    evidence = 0
    for words in languages.values():
        found = {place: words[word] for place, word in strange.items() if word in words}
        # A word that is English as well (French `date`, German `Status`) does not identify a language.
        telling = sum(strange[place] not in english for place in found)
        if telling > evidence:
            best, evidence = found, telling
    return best if evidence >= (1 if is_lacking else _ENOUGH_WORDS) else {}


@cache
def _dictionary(directory: Path) -> tuple[dict[str, Words], frozenset[str]]:
    """The words of each language with the headers they translate, and all English headers."""
    languages: dict[str, dict[str, set[str]]] = {}
    content = HEADERS.load()
    for english, translations in content.items():
        for language, words in translations.items():
            for word in words:
                languages.setdefault(language, {}).setdefault(plain(word), set()).add(plain(english))
    frozen: dict[str, Words] = {
        language: {word: frozenset(names) for word, names in words.items()}
        for language, words in languages.items()
    }
    return frozen, frozenset(map(plain, content))
