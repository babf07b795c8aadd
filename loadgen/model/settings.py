"""The base of everything that is read from the YAML."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

NAME_LENGTH = 80
NAME_FORM = f"1 to {NAME_LENGTH} printable characters, no space at either end"


class Settings(BaseModel):
    """A block of settings: no conversions, no unknown keys, frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def name_of(value: str) -> str:
    """A name that may stand in labels, tables and reports. ValueError when it may not."""
    if not 1 <= len(value) <= NAME_LENGTH or not value.isprintable() or value != value.strip():
        raise ValueError(NAME_FORM)
    return value


Name = Annotated[str, AfterValidator(name_of)]
