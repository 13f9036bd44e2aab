"""Maps the columns of a flat file to those of the spec: by name, by translation or by position."""

from __future__ import annotations

from collections.abc import Sequence

from sellerops.base.errors import UnreadableDocument
from sellerops.formats.names import (
    Field,
    free_name,
    is_needed,
    refuse_missing,
    refuse_too_many,
    refuse_too_wide,
    reserved_names,
    snake_case,
    with_digest,
)
from sellerops.formats.rows import DriftReport
from sellerops.formats.spelling import canonical, plain, without_remark
from sellerops.formats.translations import english_names
from sellerops.settings.specs import ColumnType, TableSpec

# Ranks after every header that a spec names itself.
_RESPELLED = 1000


class Header:
    """Finds the columns of a table in the headers of a document.

    A column's own header takes precedence, then its other ones (``also``), then another spelling of one of
    these or of the column's name, then a translation of one of them. ``by_position``: if fewer than half of
    the headers are known this way, columns are taken in the spec's order; a known header at another position
    contradicts that, and the document is refused. If more are known, and all are in position, an unknown
    header between them is the column at its position.
    """

    def __init__(self, table: TableSpec, *, by_position: bool = False) -> None:
        self._table = table
        self._by_position = by_position
        # A header's rank: 0 for the column's own, then the others in their order.
        self._wanted: dict[str, tuple[int, str]] = {}
        self._respelled: dict[str, tuple[int, str]] = {}
        for name, column in table.read_columns.items():
            if column.part == "last":
                continue  # the column of the first day reads the header; both are split later
            for rank, header in enumerate((table.header_of(name), *column.also)):
                self._wanted.setdefault(plain(header), (rank, name))
        for spelling, names in respellings(table).items():
            if len(names) == 1:
                self._respelled[spelling] = (_RESPELLED, names.pop())

    def __len__(self) -> int:
        return len(self._table.read_columns)

    def begins(self, text: str) -> bool:
        """Whether a known header begins with ``text``, as at the end of a truncated document."""
        start = canonical(text)
        return not start or any(known.startswith(start) for known in map(canonical, self._wanted))

    def fields(self, names: Sequence[str]) -> list[Field]:
        """Columns of the spec by name."""
        return [Field(name, self._table.read_columns[name].type) for name in names]

    def recognize(self, headers: Sequence[str]) -> tuple[int, bool]:
        """How many columns these headers name, and whether all needed ones are among them."""
        columns = self._by_name(headers)
        self._translate(headers, columns)
        found = set(columns.values())
        missing = (name for name in self._table.read_columns if name not in found)
        return len(found), not any(is_needed(name, self._table) for name in missing)

    def map(self, headers: Sequence[str], *, where: str) -> tuple[list[Field | None], DriftReport]:
        """The column of each header; None for an unnamed one at the end. Case and order do not matter.

        Raises UnreadableDocument if a required column is missing or columns are in the wrong position.
        """
        refuse_too_wide(headers, self._table, where=where)
        columns = self._by_name(headers)
        self._translate(headers, columns)
        there = min(len(headers), len(self._table.read_columns))
        if self._by_position and 2 * len(set(columns.values())) < there:
            columns = self._in_order(headers, columns, where=where)
        elif self._by_position:
            self._fill_by_place(headers, columns)
        drift = DriftReport()
        fields = self._name(headers, columns, drift)
        drift.missing = [name for name in self._table.read_columns if name not in columns.values()]
        refuse_missing(drift.missing, self._table, headers, where=where)
        refuse_too_many(drift, where=where)
        return fields, drift

    def _by_name(self, headers: Sequence[str]) -> dict[int, str]:
        """Position to column, each column once: the best header by the spec's order, then by the file's."""
        found: dict[str, tuple[int, int]] = {}
        for place, header in enumerate(headers):
            rank, name = self._known(header)
            if name and (name not in found or rank < found[name][0]):
                found[name] = (rank, place)
        return {place: name for name, (_, place) in found.items()}

    def _known(self, header: str) -> tuple[int, str]:
        """The rank of a header (0 is best) and the column it names; an empty name if it is unknown."""
        return self._wanted.get(plain(header)) or self._respelled.get(canonical(header), (0, ""))

    def _translate(self, headers: Sequence[str], columns: dict[int, str]) -> None:
        """Add the columns whose header is an unambiguous translation."""
        missing = {name for name in self._table.read_columns if name not in columns.values()}
        is_lacking = any(is_needed(name, self._table) for name in missing)
        meant: dict[str, list[int]] = {}
        known = {*self._wanted, *(plain(headers[place]) for place in columns)}
        for place, english in english_names(headers, known, is_lacking=is_lacking).items():
            names = {self._wanted[each][1] for each in english if each in self._wanted} & missing
            for name in names if len(names) == 1 else ():
                meant.setdefault(name, []).append(place)
        columns.update({places[0]: name for name, places in meant.items() if len(places) == 1})

    def _in_order(self, headers: Sequence[str], known: dict[int, str], *, where: str) -> dict[int, str]:
        order = list(self._table.read_columns)
        shown = ", ".join(repr(header[:80]) for header in headers[:40])
        if len(headers) < len(order):
            raise UnreadableDocument(
                f"it has {len(headers)} columns; the fixed order has at least {len(order)}. Found: {shown}.",
                where=where,
                found=list(headers),
            )
        for place, name in known.items():
            if place >= len(order) or order[place] != name:
                raise UnreadableDocument(
                    f"its headers are in another language, and {headers[place]!r} is not in the position of "
                    f"`{name}`. Found: {shown}.",
                    where=where,
                    remedy="Add the headers to include/config/localized_headers.yaml, then load it again.",
                    found=list(headers),
                )
        return dict(enumerate(order))

    def _fill_by_place(self, headers: Sequence[str], columns: dict[int, str]) -> None:
        """Assign missing columns to unknown headers by position, if all known headers are in position."""
        order = list(self._table.read_columns)
        if any(place >= len(order) or order[place] != name for place, name in columns.items()):
            return
        for place, name in enumerate(order[: len(headers)]):
            if not self._known(headers[place])[1]:
                columns.setdefault(place, name)

    def _name(
        self, headers: Sequence[str], columns: dict[int, str], drift: DriftReport
    ) -> list[Field | None]:
        fields: list[Field | None] = []
        taken = reserved_names(self._table)
        names = _names_of([header for place, header in enumerate(headers) if place not in columns])
        for place, header in enumerate(headers):
            if place in columns:
                fields.extend(self.fields([columns[place]]))
            elif not header.strip() and place == len(headers) - 1:
                fields.append(None)
            else:
                declared = self._known(header)[1]
                wished = declared or names[header] or f"column_{place + 1}"
                name = free_name(wished, taken)
                taken.add(name)
                drift.added[name] = header
                if declared or name != wished:
                    drift.duplicated.append(name)
                fields.append(Field(name, ColumnType.TEXT))
        return fields


def respellings(table: TableSpec) -> dict[str, set[str]]:
    """The columns that each spelling (``canonical``) of a header or column name may mean."""
    found: dict[str, set[str]] = {}
    shorter: dict[str, set[str]] = {}
    for name, column in table.read_columns.items():
        if column.part == "last":
            continue
        headers = (table.header_of(name), *column.also)
        for header in (*headers, name):
            found.setdefault(canonical(header), set()).add(name)
        for header in headers:
            shorter.setdefault(canonical(without_remark(header)), set()).add(name)
    # Where only the remark distinguishes columns, as in `Sales (promoted)`, a header without it names none.
    for spelling, names in shorter.items():
        if len(names) == 1 and found.get(spelling, names) == names:
            found[spelling] = names
    return found


def _names_of(headers: Sequence[str]) -> dict[str, str]:
    """A name for each unknown header, derived from the header alone: its position may change."""
    spellings: dict[str, set[str]] = {}
    for header in headers:
        spellings.setdefault(snake_case(header), set()).add(plain(header))
    names = {header: snake_case(header) for header in headers}
    return {
        header: with_digest(name, header) if name and len(spellings[name]) > 1 else name
        for header, name in names.items()
    }
