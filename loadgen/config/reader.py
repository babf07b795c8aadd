"""Reads blocks field by field, so that one bad value hides no other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from loadgen.config.document import Document
from loadgen.config.problems import Path, Problem, shown, unknown
from loadgen.config.wording import found, place, sentence, without_echoes
from loadgen.model.settings import NAME_FORM, Named, Settings, name_of

S = TypeVar("S", bound=Settings)
_SECRETS = frozenset({"headers", "metadata", "databases", "webhook", "slack", "password_file"})

Fields = dict[str, Any]
"""The fields of a block that are valid, defaults included. One that is missing here was reported."""


class Reader:
    """Collects the problems of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = list(document.problems)

    def problem(self, path: Path, text: str) -> None:
        """Note that something at `path` is wrong."""
        self.problems.append(self.document.problem(path, text))

    def mapping(self, data: object, path: Path) -> dict[str, Any]:
        """`data` as a mapping; anything else is a problem, and reads as empty."""
        if isinstance(data, dict):
            return data
        self.problem(path, found(data, "a mapping"))
        return {}

    def fields(
        self, model: type[BaseModel], data: object, path: Path, *, partial: bool = False, beside: Collection[str] = ()
    ) -> Fields:
        """The valid fields of a block. `partial`: only those that stand there. `beside`: keys that others read."""
        block = self.mapping(data, path)
        known = model.model_fields.keys() | set(beside)
        for key in block.keys() - known:
            self.problem((*path, key), f"the key {unknown(key, known)}")
        values: Fields = {}
        for name, field in model.model_fields.items():
            if name in block:
                self._field(model, name, block[name], path, values)
            elif partial:
                continue
            elif field.is_required():
                if isinstance(data, dict):
                    self.problem((*path, name), "missing; allowed: a value must stand here")
            else:
                values[name] = field.get_default(call_default_factory=True)
        return values

    def _field(self, model: type[BaseModel], name: str, value: object, path: Path, values: Fields) -> None:
        try:
            values[name] = _adapter(model, name).validate_python(value)
        except ValidationError as errors:
            self._errors(errors, (*path, name), _inner(model, name))

    def _errors(self, errors: ValidationError, path: Path, model: type[BaseModel] | None) -> None:
        for error in without_echoes(errors.errors()):
            at = place(error)
            secret = not _SECRETS.isdisjoint((*path, *at)) and "[key]" not in error["loc"]
            self.problem((*path, *at), sentence(error, known_keys(model, at), secret=secret))

    def block(self, model: type[S], data: object, path: Path, spare: S | None = None) -> S | None:
        """A whole block as its model. When something in it is wrong: `spare` with those fields that are right."""
        before = len(self.problems)
        fields = self.fields(model, data, path)
        if len(self.problems) == before:
            try:
                return model.model_validate(data)
            except ValidationError as errors:
                self._errors(errors, path, model)
        return spare.model_copy(update=fields) if spare is not None else None

    def changed(self, settings: S, data: object, path: Path) -> S | None:
        """`settings` with the fields that stand in `data` changed; None when something in it is wrong."""
        before = len(self.problems)
        if isinstance(settings, Named):
            values = {"entries": settings.entries | self._entries(settings, data, path)}
        else:
            values = self.fields(type(settings), data, path, partial=True)
        if len(self.problems) > before:
            return None
        return settings.model_copy(update=values)

    def _entries(self, settings: Named, data: object, path: Path) -> dict[str, Settings]:
        """The sound ones of the entries that stand in `data`, by their names."""
        block = self.mapping(data, path)
        self.names(block, path)
        found = {name: self.block(settings.entry, one, (*path, name)) for name, one in block.items()}
        return {name: entry for name, entry in found.items() if entry is not None}

    def params(self, model: type[BaseModel] | None, data: Mapping[str, Any], path: Path) -> None:
        """Check a call's own settings by its protocol's schema."""
        if model is None:
            for key in data:
                self.problem((*path, key), f"{shown(key)}; allowed: nothing, this call has no settings of its own")
            return
        try:
            model.model_validate(dict(data))
        except ValidationError as errors:
            self._errors(errors, path, model)

    def names(self, data: Mapping[str, Any], path: Path) -> None:
        """Check names that users gave."""
        for key in data:
            try:
                name_of(key)
            except ValueError:
                self.problem((*path, key), f"the name {shown(key)}; allowed: {NAME_FORM}")


@lru_cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    strict = None if _inner(model, name) else ConfigDict(strict=True)
    return TypeAdapter(annotation, config=strict)


def _inner(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model that a field holds, if it holds one."""
    annotation = model.model_fields[name].annotation
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def known_keys(model: type[BaseModel] | None, at: Path) -> Collection[str]:
    """The keys that the block has in which `at` ends."""
    for key in at[:-1]:
        if model is not None and isinstance(key, str) and key in model.model_fields:
            model = _inner(model, key)
    return [field.alias or name for name, field in model.model_fields.items()] if model is not None else ()
