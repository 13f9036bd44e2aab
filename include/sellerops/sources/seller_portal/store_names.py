"""The names of stores in the languages in which Seller Central shows them."""

from __future__ import annotations

import re
import unicodedata

from sellerops.settings.marketplaces import Marketplace

# Names besides the English one in config/marketplaces.yaml: in the store's own language, German and Japanese.
# The names follow the session's language, and Amazon writes some of them in two ways.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "US": (
        "USA",
        "Vereinigte Staaten",
        "Vereinigte Staaten von Amerika",
        "アメリカ",
        "アメリカ合衆国",
        "米国",
    ),
    "CA": ("Kanada", "カナダ"),
    "MX": ("México", "Mexiko", "メキシコ"),
    "BR": ("Brasil", "Brasilien", "ブラジル"),
    "GB": ("UK", "Vereinigtes Königreich", "Großbritannien", "イギリス", "英国"),
    "DE": ("Deutschland", "ドイツ"),
    "FR": ("Frankreich", "フランス"),
    "IT": ("Italia", "Italien", "イタリア"),
    "ES": ("España", "Spanien", "スペイン"),
    "NL": ("Nederland", "Niederlande", "オランダ"),
    "SE": ("Sverige", "Schweden", "スウェーデン"),
    "PL": ("Polska", "Polen", "ポーランド"),
    "BE": ("Belgique", "België", "Belgien", "ベルギー"),
    "IE": ("Éire", "Irland", "アイルランド"),
    "TR": ("Türkiye", "Türkei", "トルコ"),
    "AE": ("UAE", "Vereinigte Arabische Emirate", "アラブ首長国連邦"),
    "SA": ("Saudi-Arabien", "サウジアラビア"),
    "EG": ("Ägypten", "エジプト"),
    "IN": ("Indien", "インド"),
    "ZA": ("Südafrika", "南アフリカ"),
    "JP": ("日本",),
    "AU": ("Australien", "オーストラリア"),
    "SG": ("Singapur", "シンガポール"),
}
# "(current)", "(aktuell)", "（現在）", ". Selected"
_MARK = re.compile(r"\s*(?:[(（][^()（）]*[)）]|\.\s*selected)\s*$", re.IGNORECASE)


def names_of(marketplace: Marketplace) -> tuple[str, ...]:
    """All names of a store, the English one first."""
    return (marketplace.name, *_OTHER_NAMES.get(marketplace.code, ()))


def is_name_of(text: str, marketplace: Marketplace) -> bool:
    """Whether a text of the page is the store's name, with or without the mark of the current store."""
    return plain(text) in {plain(name) for name in names_of(marketplace)}


def plain(text: str) -> str:
    """A name without the mark of the current store, for comparisons."""
    return unicodedata.normalize("NFKC", _MARK.sub("", " ".join(text.split()))).casefold().strip()
