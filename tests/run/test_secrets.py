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


@pytest.mark.parametrize(
    "value, why", [("hunter2\n", "line break"), ("a\r\nx: y", "line break"), ("a\0b", "control"), ("a\x85b", "control")]
)
@pytest.mark.parametrize("variable", ["JUNE_KEY", "JUNE_TOKEN"])
def test_a_secret_that_would_break_out_of_its_header_is_refused_by_its_name_alone(
    variable: str, value: str, why: str
) -> None:
    assert why in refusal(**{variable: value})


@pytest.mark.parametrize(
    "variable, value, why",
    [("JUNE_KEY", "k€y", "Latin-1"), ("JUNE_TOKEN", "töken", "ASCII"), ("JUNE_KEY", "k\udce4y", "Latin-1")],
)
def test_a_secret_that_cannot_be_written_on_the_wire_is_refused_by_its_name_alone(
    variable: str, value: str, why: str
) -> None:
    assert why in refusal(**{variable: value})


def test_a_header_may_hold_latin_1() -> None:
    assert resolve(SECRETIVE, {"JUNE_KEY": "kéy", "JUNE_TOKEN": "t0ken"}).headers["X-Api-Key"] == "kéy"


def refusal(**values: str) -> str:
    """What is said about bad values; it names the variable and shows nothing of the value."""
    with pytest.raises(EnvironmentFault) as caught:
        resolve(SECRETIVE, {"JUNE_KEY": "k3y", "JUNE_TOKEN": "t0ken", **values})
    (problem,) = caught.value.problems
    (name,), (value,) = values.keys(), values.values()
    assert name in problem
    assert not any(shown in problem for shown in (value, value.strip(), ascii(value), "k3y", "t0ken"))
    return problem
