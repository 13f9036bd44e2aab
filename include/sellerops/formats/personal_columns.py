"""Keeps undeclared columns whose names look like personal data out of the tables.

The rules are in ``include/config/personal_columns.yaml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sellerops.base.errors import ConfigurationError
from sellerops.formats.rows import DriftReport, Reader, Rows, TextRows
from sellerops.settings.config_files import config_dir, read_yaml
from sellerops.settings.specs import TableSpec

FILE = "personal_columns.yaml"
_LISTS = ("always", "particulars", "of_people", "people", "business")
_WORD_STARTS = re.compile(r"(?<=[^\W_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[\W_]+")
# `address_2`, `address_line_2`, and a second column of the same name, `city__2`.
_NUMBER = re.compile(r"_*\d+$")
_COPY = re.compile(r"__\d+$")
# A list of objects, and a key of one, as the readers write them.
_OBJECTS = '[{"'
_KEY = re.compile(r'"([^"\\]+)":')


def looks_personal(name: str) -> bool:
    """Whether a column's name, the document's or the canonical one, looks like personal data.

    Raises ConfigurationError if the rules are not lists of words.
    """
    return _rules(config_dir() / FILE).match(_words(name))


class PersonalColumnFilter:
    """Removes undeclared personal columns from a reader's rows; ``drift.personal`` lists them.

    A second column with a declared column's name is personal if that column is; for all others the name
    decides. ``has_lists``: texts may be lists of objects, as in JSON and XML. Such a column is also personal
    from the first row on whose objects have a personal key; pass rows to ``inspect`` before using them.
    """

    def __init__(self, reader: Reader, table: TableSpec, *, has_lists: bool = False) -> None:
        self._reader = reader
        self._table = table
        self._has_lists = has_lists
        self._known: dict[str, bool] = {}
        self._harmless: dict[str, set[str]] = {}
        self._since: dict[str, int] = {}

    @property
    def drift(self) -> DriftReport:
        found, personal = self._reader.drift, self.personal
        return DriftReport(
            added={name: each for name, each in found.added.items() if name not in personal},
            duplicated=[name for name in found.duplicated if name not in personal],
            missing=found.missing,
            personal={name: each for name, each in found.added.items() if name in personal},
        )

    @property
    def personal(self) -> frozenset[str]:
        """The undeclared personal columns found so far."""
        for name, original in self._reader.drift.added.items():
            if name not in self._known:
                self._known[name] = self._is_personal(name, original)
        return frozenset(name for name, is_personal in self._known.items() if is_personal)

    def personal_up_to(self, line: int | None = None) -> frozenset[str]:
        """The personal columns found so far, or those with a personal value in rows up to ``line``."""
        if line is None or not self._has_lists:
            return self.personal
        return frozenset(name for name, first in self._since.items() if first <= line)

    def inspect(self, columns: Mapping[str, pa.Array], lines: Sequence[int] | np.ndarray) -> None:
        """Record from which line on columns are personal, independent of how rows are batched."""
        if not self._has_lists:
            return
        for name in self._reader.drift.added.keys() & columns.keys():
            if name in self._since and self._since[name] <= lines[0]:
                continue
            place = self._first_personal(name, columns[name])
            if place is not None:
                self._known[name] = True
                self._since[name] = min(int(lines[place]), self._since.get(name, int(lines[place])))

    @property
    def schema(self) -> pa.Schema:
        personal = self.personal
        return pa.schema([each for each in self._reader.schema if each.name not in personal])

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._reader.batches():
            yield self._without(batch)

    def texts(self) -> Iterator[Rows]:
        for rows in self._reader.texts():
            if not isinstance(rows, TextRows):
                yield self._without(rows)
                continue
            if personal := self.personal.intersection(rows.columns):
                yield _without_fields(rows, personal)
            else:
                yield rows

    def _without(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        personal = self.personal.intersection(batch.schema.names)
        if not personal:
            return batch
        return batch.select([name for name in batch.schema.names if name not in personal])

    def _is_personal(self, name: str, original: str) -> bool:
        if name in self._reader.drift.duplicated:
            declared = self._table.columns.get(_COPY.sub("", name))
            if declared:
                return declared.personal
        return looks_personal(original) or looks_personal(name)

    def _first_personal(self, name: str, values: pa.Array) -> int | None:
        """Position of the first value that makes a column personal."""
        if name in self.personal:
            return next(iter(np.flatnonzero(values.is_valid()).tolist()), None)
        has_objects = pc.fill_null(pc.match_substring(values, _OBJECTS), False)
        original, harmless = self._reader.drift.added[name], self._harmless.setdefault(name, set())
        for place in np.flatnonzero(has_objects):
            keys = set(_KEY.findall(values[place].as_py())) - harmless
            if any(looks_personal(f"{original}.{key}") for key in keys):
                return int(place)
            harmless |= keys
        return None


@dataclass(frozen=True)
class _Rules:
    """Patterns matched against a name's words, joined and enclosed by underscores."""

    anywhere: re.Pattern[str]
    at_end: re.Pattern[str]
    of_people: re.Pattern[str]
    people: re.Pattern[str]
    business: re.Pattern[str]

    def match(self, words: str) -> bool:
        if self.anywhere.search(words):
            return True
        if self.business.search(words):
            return False
        name = _NUMBER.sub("", words.strip("_"))
        plain = f"_{name}_"
        return bool(self.at_end.search(plain) or (self.of_people.search(plain) and self.people.search(plain)))


@cache
def _rules(path: Path) -> _Rules:
    content = read_yaml(path)
    translated = content.get("translated") or {}
    lists = [content.get(name) or [] for name in _LISTS]
    lists += translated.values() if isinstance(translated, Mapping) else [translated]
    if not all(isinstance(words, list) and all(isinstance(one, str) for one in words) for words in lists):
        raise ConfigurationError(
            f"{', '.join(_LISTS)} and each language of `translated` must be lists of words.",
            where=str(path),
            remedy="Write `always: [email, phone]` and `translated: {de: [telefon]}`.",
        )
    always, particulars, of_people, people, business, *others = lists
    return _Rules(
        anywhere=_any_of([*always, *(word for words in others for word in words)]),
        at_end=_any_of(particulars, is_end=True),
        of_people=_any_of(of_people, is_end=True),
        people=_any_of(people),
        business=_any_of(business),
    )


def _any_of(phrases: list[str], *, is_end: bool = False) -> re.Pattern[str]:
    """A pattern of whole words; words of scripts without spaces match anywhere."""
    if not phrases:
        return re.compile(r"(?!)")
    end = "_$" if is_end else "_"
    parts = [_words(phrase) for phrase in phrases]
    return re.compile(
        "|".join(
            f"_{re.escape(part.strip('_'))}{end}" if part.isascii() else re.escape(part.strip("_"))
            for part in parts
        )
    )


def _words(name: str) -> str:
    """``_buyer_e_mail_``: lower case, no accents, underscores between words and at both ends."""
    text = unicodedata.normalize("NFKD", _WORD_STARTS.sub("_", name))
    bare = "".join(each for each in text if not unicodedata.combining(each))
    return f"_{_OTHER.sub('_', bare.casefold()).strip('_')}_"


def _columns_of(rows: TextRows) -> dict[str, pa.Array]:
    """The fields of the lines by column."""
    lines = pc.utf8_rtrim(pc.cast(rows.lines, pa.string()), rows.end.decode())
    fields, width = pc.split_pattern(lines, "\t").flatten(), len(rows.columns)
    return {
        name: fields.take(pa.array(np.arange(place, len(fields), width)))
        for place, name in enumerate(rows.columns)
    }


def _without_fields(rows: TextRows, personal: frozenset[str]) -> TextRows:
    """The same lines without the ``personal`` columns."""
    kept = {name: column for name, column in _columns_of(rows).items() if name not in personal}
    # A table has at least a key, a day or a version, so no line becomes empty.
    joined = pc.binary_join_element_wise(*kept.values(), "\t")
    ended = pc.cast(pc.binary_join_element_wise(joined, rows.end.decode(), ""), rows.lines.type)
    return TextRows(ended, tuple(kept), rows.system, rows.end)
