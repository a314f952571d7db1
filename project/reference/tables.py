"""docs/reference/tables.md: every table of ours, as its model says."""

import inspect
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import translation

from project.reference.modules import FLOORS
from project.reference.page import code, table

SIGNS = {"": "=", "in": "in", "gte": "≥", "lte": "≤", "gt": ">", "lt": "<"}


def page() -> str:
    """docs/reference/tables.md."""
    parts = [
        "# Tables",
        "Floor by floor. **append-only**: a trigger of the database refuses every change. **history**: each change is "
        "kept, with who and when, in `<table>` with `historical` before the model's name. The rest says in its "
        "description how it changes.",
    ]
    for floor in FLOORS:
        ours = [model for model in apps.get_models() if model._meta.app_label == floor and not _is_history(model)]
        if ours:
            parts.append(f"## {floor}")
        for model in sorted(ours, key=lambda one: one.__name__):
            parts += _table(model)
    return "\n\n".join(parts) + "\n"


def _is_history(model: type[models.Model]) -> bool:
    return hasattr(model, "history_object")


def _kept(model: type[models.Model]) -> str:
    if getattr(model, "append_only", False):
        return ", append-only"
    return ", history" if hasattr(model, "history") else ""


def _table(model: type[models.Model]) -> list[str]:
    meta = model._meta
    said = [f"### {model.__name__}", f"`{meta.db_table}`{_kept(model)}. {inspect.cleandoc(model.__doc__ or '')}"]
    if meta.proxy:
        return said
    rows = [[code(field.name), _type(field), _notes(field), _names(field)] for field in meta.concrete_fields]
    said.append(table(["column", "type", "", "called"], rows))
    told = [
        f"- `{item.name}`: {_constraint(item)}"
        for item in sorted([*meta.constraints, *meta.indexes], key=lambda item: item.name)
    ]
    return [*said, "\n".join(told)] if told else said


def _type(field: Any) -> str:
    if field.is_relation:
        return f"→ {field.related_model.__name__}"
    length = f"({field.max_length})" if field.max_length else ""
    return f"{field.get_internal_type().removesuffix('Field')}{length}"


def _notes(field: Any) -> str:
    notes = [
        "key" if field.primary_key else "unique" if field.unique else "",
        "may be null" if field.null else "",
        "one of " + ", ".join(code(str(value)) for value, _label in field.choices) if field.choices else "",
    ]
    return "; ".join(filter(None, notes))


def _names(field: Any) -> str:
    with translation.override("zh-hans"):
        chinese = str(field.verbose_name)
    with translation.override("en"):
        english = str(field.verbose_name)
    if chinese == english:
        return "" if english.replace(" ", "_") == field.name or field.name == "id" else english
    return f"{chinese} {english}"


def _constraint(item: Any) -> str:
    columns = ", ".join(getattr(item, "fields", ()))
    when = f" where {_condition(item.condition)}" if getattr(item, "condition", None) else ""
    if isinstance(item, models.UniqueConstraint):
        return f"unique ({columns}){when}"
    if isinstance(item, models.Index):
        return f"index ({columns}){when}"
    return f"check {_condition(item.condition)}"


def _condition(condition: models.Q) -> str:
    said = [_condition(part) if isinstance(part, models.Q) else _comparison(part) for part in condition.children]
    joined = f" {condition.connector.lower()} ".join(said)
    return f"{'not ' if condition.negated else ''}({joined})"


def _comparison(comparison: Any) -> str:
    lookup, value = comparison
    name, _, how = lookup.partition("__")
    if how == "isnull":
        return f"{name} is {'' if value else 'not '}null"
    if isinstance(value, list | tuple):
        value = "{" + ", ".join(str(one) or "''" for one in value) + "}"
    elif isinstance(value, models.F):
        value = ".".join(value.deconstruct()[1])  # F(name)
    return f"{name} {SIGNS.get(how, how)} {value}"
