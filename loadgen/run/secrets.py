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
    """The target's headers and metadata with their values. Raises EnvironmentFault naming every missing variable."""
    values = os.environ if environment is None else environment
    missing = sorted({s.env for s in _secrets(target) if not values.get(s.env)})
    if missing:
        raise EnvironmentFault(
            *(
                f"target {target.name}: the environment variable {name} is not set; export it before the run"
                for name in missing
            )
        )

    def value(of: Secret | Literal) -> str:
        return of.text if isinstance(of, Literal) else of.prefix + values[of.env]

    return ResolvedTarget(
        headers={name: value(v) for name, v in target.headers.items()},
        metadata=tuple((name.lower(), value(v)) for name, v in target.metadata.items()),
        secrets=tuple(sorted({values[s.env] for s in _secrets(target)})),
    )


def _secrets(target: Target) -> list[Secret]:
    return [v for v in (*target.headers.values(), *target.metadata.values()) if isinstance(v, Secret)]
