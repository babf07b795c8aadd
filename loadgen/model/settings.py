"""The base of everything that is read from the YAML."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

NAME_LENGTH = 80
NAME_FORM = f"1 to {NAME_LENGTH} printable characters, no space at either end"


class Settings(BaseModel):
    """A block of settings: no conversions, no unknown keys, frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Named(Settings):
    """A block whose keys are names that its user gives; each holds an `entry`."""

    entry: ClassVar[type[Settings]]
    entries: Any = Field(default_factory=dict)
    """By name, in the order of the file."""


def name_of(value: str) -> str:
    """A name that may stand in labels, tables and reports. ValueError when it may not."""
    if not 1 <= len(value) <= NAME_LENGTH or not value.isprintable() or value != value.strip():
        raise ValueError(NAME_FORM)
    return value


Name = Annotated[str, AfterValidator(name_of)]
