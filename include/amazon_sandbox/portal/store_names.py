"""Names of stores in the languages of the pages."""

from __future__ import annotations

# country: English, German, Japanese
_NAMES = {
    "US": ("United States", "USA", "アメリカ"),
    "CA": ("Canada", "Kanada", "カナダ"),
    "MX": ("Mexico", "Mexiko", "メキシコ"),
    "BR": ("Brazil", "Brasilien", "ブラジル"),
    "GB": ("United Kingdom", "Vereinigtes Königreich", "イギリス"),
    "DE": ("Germany", "Deutschland", "ドイツ"),
    "FR": ("France", "Frankreich", "フランス"),
    "IT": ("Italy", "Italien", "イタリア"),
    "ES": ("Spain", "Spanien", "スペイン"),
    "NL": ("Netherlands", "Niederlande", "オランダ"),
    "SE": ("Sweden", "Schweden", "スウェーデン"),
    "PL": ("Poland", "Polen", "ポーランド"),
    "BE": ("Belgium", "Belgien", "ベルギー"),
    "IE": ("Ireland", "Irland", "アイルランド"),
    "TR": ("Turkey", "Türkei", "トルコ"),
    "AE": ("United Arab Emirates", "Vereinigte Arabische Emirate", "アラブ首長国連邦"),
    "SA": ("Saudi Arabia", "Saudi-Arabien", "サウジアラビア"),
    "JP": ("Japan", "Japan", "日本"),
    "AU": ("Australia", "Australien", "オーストラリア"),
}


def name_of(country: str, language: str) -> str:
    """A store's name; the country's code where it has none here."""
    english, german, japanese = _NAMES.get(country, (country,) * 3)
    return {"de": german, "ja": japanese}.get(language[:2], english)
