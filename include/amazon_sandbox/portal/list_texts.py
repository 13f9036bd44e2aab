"""What the lists of requested files say, in the three languages of the portal's sessions."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from amazon_sandbox.simulation.marketplaces import Marketplace

LANGUAGES = ("en", "de", "ja")

_TEXTS: dict[str, tuple[str, str, str]] = {
    "report_type": ("Report Type", "Berichtstyp", "レポートの種類"),
    "store": ("Store", "Shop", "ストア"),
    "period": ("Date Range Covered", "Abgedeckter Zeitraum", "対象期間"),
    "requested": ("Date Requested", "Angefordert am", "リクエスト日時"),
    "batch": ("Batch ID", "Batch-ID", "バッチID"),
    "action": ("Action", "Aktion", "操作"),
    "format": ("File Format", "Dateiformat", "ファイル形式"),
    "status": ("Report Status", "Berichtsstatus", "レポートのステータス"),
    "state": ("Report Status", "Berichtsstatus", "レポートのステータス"),
    "in_progress": ("In Progress", "In Bearbeitung", "処理中"),
    "ready": ("Ready", "Bereit", "準備完了"),
    "no_data": ("No Data Available", "Keine Daten verfügbar", "データがありません"),
    "no_shipment": ("No Shipment Found", "Keine Sendung gefunden", "納品が見つかりません"),
    "canceled": ("Canceled", "Abgebrochen", "キャンセル済み"),
    "failed": ("Failed", "Fehlgeschlagen", "失敗"),
    "download": ("Download", "Herunterladen", "ダウンロード"),
    "download_csv": ("Download CSV", "CSV herunterladen", "CSVをダウンロード"),
    "refresh": ("Refresh", "Aktualisieren", "更新"),
    "request_again": ("Request Again", "Erneut anfordern", "再リクエスト"),
    "request_report": ("Request Report", "Bericht anfordern", "レポートをリクエスト"),
    "request_download": ("Request Download", "Download anfordern", "ダウンロードをリクエスト"),
    "request_csv": ("Request .csv Download", ".csv-Download anfordern", ".csvダウンロードをリクエスト"),
    "request_txt": ("Request .txt Download", ".txt-Download anfordern", ".txtダウンロードをリクエスト"),
    "month": ("Month", "Monat", "月"),
    "year": ("Year", "Jahr", "年"),
    "start": ("Start Date", "Startdatum", "開始日"),
    "end": ("End Date", "Enddatum", "終了日"),
    "exact": ("Exact dates", "Exakte Daten", "日付を指定"),
    "yesterday": ("last day (yesterday)", "letzter Tag (gestern)", "昨日"),
    "last_days": ("last {days} days", "letzte {days} Tage", "過去{days}日間"),
    "transaction": ("Transaction", "Transaktion", "トランザクション"),
    "summary": ("Summary", "Zusammenfassung", "サマリー"),
    "inventory_menu": ("Download", "Herunterladen", "ダウンロード"),
    "inventory_data": ("Download inventory data", "Bestandsdaten herunterladen", "在庫データをダウンロード"),
    "inventory_template": ("Download template", "Vorlage herunterladen", "テンプレートをダウンロード"),
    "none_yet": (
        "You have not requested any reports yet.",
        "Sie haben noch keine Berichte angefordert.",
        "リクエストしたレポートはまだありません。",
    ),
    "too_early": (
        "This report has already been requested. Try again in {minutes} minutes.",
        "Dieser Bericht wurde bereits angefordert. Versuchen Sie es in {minutes} Minuten erneut.",
        "このレポートはすでにリクエストされています。{minutes}分後にもう一度お試しください。",
    ),
    "not_loaded": (
        "The data could not be loaded.",
        "Die Daten konnten nicht geladen werden.",
        "データを読み込めませんでした。",
    ),
    "close": ("Close", "Schließen", "閉じる"),
    "skip": ("Skip tour", "Überspringen", "スキップ"),
    "tour": (
        "Reports have moved. See what is new!",
        "Berichte sind umgezogen. Das ist neu!",
        "レポートが移動しました。",
    ),
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
        "November", "Dezember",
    ),
    "ja": tuple(f"{number}月" for number in range(1, 13)),
}  # fmt: skip


def text(name: str, language: str, **values: object) -> str:
    """A text by its name. Raises KeyError."""
    return _TEXTS[name][LANGUAGES.index(language)].format(**values)


def month_name(month: int, language: str) -> str:
    """A month's whole name."""
    return _MONTHS[language][month - 1]


def date_form(marketplace: Marketplace) -> str:
    """How the store writes a day in numbers, as strftime reads it: this follows the store, not the
    language.
    """
    return {"US": "%m/%d/%Y", "JP": "%Y/%m/%d", "DE": "%d.%m.%Y"}.get(marketplace.country, "%d/%m/%Y")


def placeholder(marketplace: Marketplace, language: str) -> str:
    """What an empty date field of the store shows."""
    letters = {"%d": "TT", "%m": "MM", "%Y": "JJJJ"} if language == "de" else {}
    form = date_form(marketplace)
    for code, usual in (("%d", "DD"), ("%m", "MM"), ("%Y", "YYYY")):
        form = form.replace(code, letters.get(code, usual))
    return form


def day_in_words(day: date, language: str) -> str:
    """A day as the second version of the pages writes it."""
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    name = month_name(day.month, language)
    if language == "de":
        return f"{day.day}. {name if len(name) < 5 else name[:3] + '.'} {day.year}"
    return f"{name[:3]} {day.day}, {day.year}"


def period_text(
    days: tuple[date, date] | None, marketplace: Marketplace, language: str, version: int, *, month: bool
) -> str:
    """The covered range of a row; a dash for a snapshot."""
    if days is None:
        return "-"
    first, last = days
    if month and version == 1:
        name = month_name(first.month, language)
        return f"{first.year}年{name}" if language == "ja" else f"{name} {first.year}"
    if version == 1:
        return " - ".join(day.strftime(date_form(marketplace)) for day in (first, last))
    return " \u2013 ".join(day_in_words(day, language) for day in (first, last))


def moment_text(moment: datetime, marketplace: Marketplace, language: str, version: int) -> str:
    """When a row was requested, in the store's time, to the minute."""
    local = moment.astimezone(ZoneInfo(marketplace.timezone))
    clock = local.strftime("%H:%M")
    if language == "en" and marketplace.country in ("US", "CA", "MX"):
        clock = f"{local:%I:%M %p} {local.tzname()}".lstrip("0")
    if version == 1:
        return f"{local.strftime(date_form(marketplace))} {clock}"
    return f"{day_in_words(local.date(), language)} {clock}"


def last_day_of(month: date) -> date:
    """The last day of a day's month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
