"""Secrets: read from the environment where they are used, and nowhere written."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from loadgen.model.plan import Literal, Secret, Target
from loadgen.run.errors import EnvironmentFault


class ResolvedTarget(Struct, frozen=True, kw_only=True):
    """What is sent with every request, with real values. Never saved, logged or shown."""

    headers: dict[str, str]
    metadata: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]
    """The values that must not appear in anything written."""

    def __repr__(self) -> str:
        return (
            f"ResolvedTarget({len(self.headers)} headers, {len(self.metadata)} metadata, {len(self.secrets)} secrets)"
        )


def resolve(target: Target, environment: Mapping[str, str] | None = None) -> ResolvedTarget:
    """The target's headers and metadata with their values.

    Raises EnvironmentFault naming every variable that is missing or holds what cannot be sent, and never a value.
    """
    values = os.environ if environment is None else environment
    headers, metadata = _variables(target.headers), _variables(target.metadata)
    problems = [
        f"target {target.name}: the environment variable {name} {problem}"
        for name in sorted(headers | metadata)
        if (problem := _problem(values.get(name, ""), in_metadata=name in metadata))
    ]
    if problems:
        raise EnvironmentFault(*problems)

    def value(of: Secret | Literal) -> str:
        return of.text if isinstance(of, Literal) else of.prefix + values[of.env]

    return ResolvedTarget(
        headers={name: value(v) for name, v in target.headers.items()},
        metadata=tuple((name.lower(), value(v)) for name, v in target.metadata.items()),
        secrets=tuple(sorted({values[name] for name in headers | metadata})),
    )


def _variables(values: Mapping[str, Secret | Literal]) -> set[str]:
    return {value.env for value in values.values() if isinstance(value, Secret)}


def _problem(value: str, *, in_metadata: bool) -> str | None:
    """Why a secret cannot be sent, after the variable's name; nothing of the value is told."""
    if not value:
        return "is not set; export it before the run"
    if any(sign < " " or "\x7f" <= sign <= "\x9f" for sign in value):
        return (
            "holds a line break or another control character, which would break out of its header; export it without "
            '(a line break at the end goes with NAME="$(cat file)")'
        )
    if in_metadata and not value.isascii():
        return "holds a sign that is not ASCII, which gRPC metadata cannot carry; check what was exported"
    if any(sign > "\xff" for sign in value):
        return "holds a sign that is not Latin-1, which a header cannot carry; check what was exported"
    return None
