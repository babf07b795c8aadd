"""Secrets come from the environment, all missing ones are named, and none is ever shown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from loadgen.model.plan import Literal, Secret
from loadgen.run.errors import EnvironmentFault
from loadgen.run.secrets import resolve
from tests.run.test_allowed import LOCAL

SECRETIVE = replace(
    LOCAL,
    headers={"X-Api-Key": Secret(env="JUNE_KEY"), "X-Plain": Literal(text="hello")},
    metadata={"Authorization": Secret(env="JUNE_TOKEN", prefix="Bearer ")},
)


def test_values_come_from_the_environment_with_their_prefix() -> None:
    found = resolve(SECRETIVE, {"JUNE_KEY": "k3y", "JUNE_TOKEN": "t0ken"})
    assert found.headers == {"X-Api-Key": "k3y", "X-Plain": "hello"}
    assert found.metadata == (("authorization", "Bearer t0ken"),)
    assert found.secrets == ("k3y", "t0ken")


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        resolve(SECRETIVE, {})
    assert [name for name in ("JUNE_KEY", "JUNE_TOKEN") if name not in str(caught.value)] == []


def test_a_resolved_target_does_not_show_its_values() -> None:
    assert "k3y" not in repr(resolve(SECRETIVE, {"JUNE_KEY": "k3y", "JUNE_TOKEN": "t0ken"}))
