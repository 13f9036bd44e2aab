"""The words of Seller Central's lists of requested files, by meaning, in the languages of its sessions.

The English words come from public scripts and help pages, the Chinese ones from one public script; the
German and Japanese ones are inferred. A list with other words raises PageChanged, which names them: add them
here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

REQUEST = (
    "Request Report",
    "Request Download",
    "Request .csv Download",
    "Generate Report",
    "Bericht anfordern",
    "Download anfordern",
    ".csv-Download anfordern",
    "レポートをリクエスト",
    "ダウンロードをリクエスト",
    ".csvダウンロードをリクエスト",
)
DOWNLOAD = (
    "Download",
    "Download CSV",
    "Download .csv",
    "Herunterladen",
    "CSV herunterladen",
    "ダウンロード",
    "CSVをダウンロード",
    "下载",
    "下载 CSV 文件",
)
REFRESH = ("Refresh", "Aktualisieren", "更新", "刷新")
REQUEST_AGAIN = ("Request Again", "Erneut anfordern", "再リクエスト", "再次请求")

IN_PROGRESS = (
    "In Progress",
    "In Queue",
    "Processing",
    "Requested",
    "In Bearbeitung",
    "In Warteschlange",
    "処理中",
    "進行中",
    "处理中",
)
READY = ("Ready", "Completed", "Done", "Bereit", "Fertig", "準備完了", "完了", "就绪")
NO_DATA = (
    "No Data Available",
    "No Shipment Found",
    "No Shipments Found",
    "Keine Daten verfügbar",
    "Keine Sendung gefunden",
    "データがありません",
    "利用可能なデータがありません",
    "納品が見つかりません",
)
CANCELED = (
    "Canceled",
    "Cancelled",
    "Abgebrochen",
    "Storniert",
    "キャンセル済み",
    "キャンセルされました",
)
# Also the label of the button that cancels a file in progress.
CANCELED_OR_CANCEL = ("キャンセル",)
FAILED = ("Failed", "Error", "Fehlgeschlagen", "失敗", "エラー")

TYPE_COLUMN = (
    "Report Type",
    "Report",
    "Report Name",
    "Berichtstyp",
    "Bericht",
    "レポートの種類",
    "レポートタイプ",
)
PERIOD_COLUMN = (
    "Date Range Covered",
    "Date Range",
    "Period",
    "Month",
    "Zeitraum",
    "Abgedeckter Zeitraum",
    "Monat",
    "対象期間",
    "期間",
)
REQUESTED_COLUMN = (
    "Date Requested",
    "Batch ID",
    "Batch-ID",
    "バッチID",
    "Requested",
    "Request Date",
    "Requested On",
    "Angefordert am",
    "Anforderungsdatum",
    "リクエスト日",
    "リクエスト日時",
)
STORE_COLUMN = ("Store", "Marketplace", "Shop", "Marktplatz", "ストア", "マーケットプレイス")
STATUS_COLUMN = (
    "Report Status",
    "Status",
    "Action",
    "Download",
    "Berichtsstatus",
    "Aktion",
    "レポートのステータス",
    "ステータス",
    "操作",
)

CLOSE = (
    "Close",
    "Got it",
    "Skip",
    "Skip tour",
    "Dismiss",
    "Not now",
    "Schließen",
    "Verstanden",
    "Überspringen",
    "閉じる",
    "スキップ",
)
EXACT_DATES = (
    "Exact dates",
    "Custom",
    "Custom Date Range",
    "Exakte Daten",
    "Genaue Daten",
    "日付を指定",
    "期間を指定",
)
# What pages say when they could not load their data, and when a file is requested again too early.
NOT_LOADED = (
    "could not be loaded",
    "could not load",
    "couldn't load",
    "unable to load",
    "something went wrong",
    "konnten nicht geladen werden",
    "読み込めませんでした",
)
TOO_EARLY = (
    "too early",
    "already been requested",
    "recently requested",
    "try again in",
    "zu früh",
    "versuchen sie es in",
    "bereits angefordert",
    "しばらくしてから",
    "分後",
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def fold(text: str) -> str:
    """A text for comparison, without differences in case, dashes, character width and spaces."""
    normal = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return " ".join(normal.split()).casefold()


def is_one_of(text: str, words: Iterable[str]) -> bool:
    """Whether the whole text is one of the words."""
    return fold(text) in {fold(word) for word in words}


def has_one_of(text: str, words: Iterable[str]) -> bool:
    """Whether the text has one of the words, other than as a part of another word."""
    folded = fold(text)
    return any(re.search(_bounded(fold(word)), folded) for word in words)


def pattern(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that matches any of the words as a whole label, ignoring case and surrounding spaces."""
    return re.compile(rf"^\s*(?:{'|'.join(re.escape(word) for word in words)})\s*$", re.IGNORECASE)


def _bounded(word: str) -> str:
    return rf"(?<![a-zäöüß]){re.escape(word)}(?![a-zäöüß])"
