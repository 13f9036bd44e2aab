"""``config/localized_headers.yaml``: Amazon's English headers and their names in other languages."""

from __future__ import annotations

from pathlib import Path

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files

# English header -> language -> translations.
Translations = dict[str, dict[str, list[str]]]


def _build(files: Files, path: Path) -> Translations:
    found: Translations = {}
    for english, translations in files.yaml_or_nothing(path).items():
        if not isinstance(translations, dict) or not all(
            isinstance(words, list) for words in translations.values()
        ):
            raise ConfigurationError(
                f"`{english}` does not map languages to lists of words.",
                where=shown(path),
                remedy="Write `price: {de: [Preis], fr: [Prix]}`.",
            )
        found[str(english)] = {
            str(language): [str(word) for word in words] for language, words in translations.items()
        }
    return found


HEADERS = ConfigFile("localized_headers.yaml", _build)
