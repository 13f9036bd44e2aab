"""Reads a query: GraphQL, checked against Amazon's own schema of the dataset it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_argument_values,
    get_named_type,
    is_non_null_type,
    is_object_type,
    parse,
    strip_ignored_characters,
    validate,
)

from amazon_sandbox.data_kiosk import data

_DAYS = re.compile(r"P(\d+)D")


class InvalidQuery(ValueError):
    """A query that Amazon would refuse, with the reason."""


class Selection(NamedTuple):
    """One field of the rows: the key it is written under, its name and, for an object, its own fields."""

    key: str
    name: str
    is_required: bool
    fields: tuple[Selection, ...] | None


class ParsedQuery(NamedTuple):
    """A valid query. `arguments` have Python's types: enums are names, `Date`s dates."""

    dataset: str
    name: str
    arguments: Mapping[str, Any]
    fields: tuple[Selection, ...]
    retention: timedelta

    @property
    def report_type(self) -> str:
        """The report_type of the query in faults and the call log."""
        return f"DATA_KIOSK_{self.name}"

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """The marketplaces it asks about, each once."""
        ids = list(self.arguments.get("marketplaceIds", ()))
        ids += [each["marketplaceId"] for each in self.arguments.get("filters", ())]
        if "marketplaceId" in self.arguments:
            ids.append(self.arguments["marketplaceId"])
        return tuple(dict.fromkeys(ids))


def compact(text: str) -> str:
    """The query without characters that GraphQL ignores. Raises InvalidQuery."""
    try:
        return strip_ignored_characters(text)
    except GraphQLError as error:
        raise InvalidQuery(error.message) from error


def read(text: str) -> ParsedQuery:
    """Parse a query. Raises InvalidQuery for one that the schema of its dataset does not allow."""
    if len(compact(text)) > data.MOST_CHARACTERS:
        raise InvalidQuery(f"The query is longer than {data.MOST_CHARACTERS} characters")
    try:
        document = parse(text, no_location=True, max_tokens=20_000)
    except (GraphQLError, RecursionError) as error:
        raise InvalidQuery(getattr(error, "message", "The query is nested too deeply")) from error
    operation = _only_operation(document)
    root = _only_field(operation.selection_set, "dataset")
    if root.name.value not in data.DATASETS:
        raise InvalidQuery(f"Cannot query field '{root.name.value}' on type 'Query'.")
    schema = _schema(root.name.value)
    if errors := validate(schema, document, max_errors=1):
        raise InvalidQuery(errors[0].message)
    dataset = _object_type(schema.query_type, root.name.value)
    field = _only_field(root.selection_set, "query")
    definition = dataset.fields[field.name.value]
    try:
        arguments = get_argument_values(definition, field)
    except GraphQLError as error:
        raise InvalidQuery(error.message) from error
    reader = _Reader({d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)})
    rows = get_named_type(definition.type)
    fields = reader.fields(rows, field.selection_set)
    days = min(reader.retentions, default=30)
    return ParsedQuery(root.name.value, field.name.value, _dated(arguments), fields, timedelta(days=days))


def _only_operation(document: DocumentNode) -> OperationDefinitionNode:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(found) != 1 or found[0].operation is not OperationType.QUERY:
        raise InvalidQuery("Exactly one query operation is expected")
    if found[0].variable_definitions:
        raise InvalidQuery("Variables are not supported")
    return found[0]


def _only_field(selection: SelectionSetNode | None, what: str) -> FieldNode:
    found = selection.selections if selection else ()
    if len(found) != 1 or not isinstance(found[0], FieldNode):
        raise InvalidQuery(f"Exactly one {what} is expected")
    return found[0]


def _object_type(parent: GraphQLObjectType | None, name: str) -> GraphQLObjectType:
    found = get_named_type(parent.fields[name].type) if parent else None
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"the schema has no object type {name}")
    return found


@cache
def _schema(dataset: str) -> GraphQLSchema:
    text = files("amazon_sandbox.data_kiosk").joinpath("schemas", f"{dataset}.graphql").read_text("utf-8")
    return build_schema(text)


class _Reader:
    """Collects what is selected, fragments included, and the retentions of the fields."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self.retentions: set[int] = set()

    def fields(self, owner: Any, selection: SelectionSetNode | None) -> tuple[Selection, ...]:
        """The fields in order of selection; one selected twice is written once, with all its parts."""
        merged: dict[str, Selection] = {}
        for node in self._nodes(selection):
            name = node.name.value
            key = node.alias.value if node.alias else name
            if name == "__typename":
                merged[key] = Selection(key, name, False, None)
                continue
            definition = owner.fields[name]
            self._note_retention(definition)
            inner_type = get_named_type(definition.type)
            inner = self.fields(inner_type, node.selection_set) if is_object_type(inner_type) else None
            if inner is not None and key in merged:
                inner = tuple({each.key: each for each in (*(merged[key].fields or ()), *inner)}.values())
            merged[key] = Selection(key, name, is_non_null_type(definition.type), inner)
        return tuple(merged.values())

    def _nodes(self, selection: SelectionSetNode | None) -> Iterator[FieldNode]:
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._nodes(self._fragments[node.name.value].selection_set)
            else:
                yield from self._nodes(node.selection_set)  # type: ignore[attr-defined]

    def _note_retention(self, definition: Any) -> None:
        for directive in (definition.ast_node.directives or ()) if definition.ast_node else ():
            if directive.name.value == "resultRetention":
                match = _DAYS.fullmatch(directive.arguments[0].value.value)
                if match:
                    self.retentions.add(int(match[1]))


def _dated(arguments: Mapping[str, Any]) -> dict[str, Any]:
    read_arguments = dict(arguments)
    for name in ("startDate", "endDate"):
        value = read_arguments.get(name)
        try:
            if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
                raise ValueError(value)
            read_arguments[name] = date.fromisoformat(value)
        except ValueError as error:
            raise InvalidQuery(f"Argument '{name}' is not a date: {value}") from error
    return read_arguments


def project(fields: tuple[Selection, ...], row: Mapping[str, Any]) -> dict[str, Any]:
    """The selected fields of a row. Raises KeyError when the row lacks a field the schema requires."""
    return {field.key: _value(field, row) for field in fields}


def _value(field: Selection, row: Mapping[str, Any]) -> Any:
    value = row.get(field.name)
    if value is None:
        if field.is_required:
            raise KeyError(f"{field.name} is not nullable")
        return None
    if field.fields is None:
        return value
    if isinstance(value, list):
        return [project(field.fields, each) for each in value]
    return project(field.fields, value)
