"""What is imported is declared, what is declared is locked, and a lock names no place but only hashes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import loadgen

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
PRODUCT = ("loadgen", "sim", "exporters")
OUR_OWN = {*PRODUCT, "bench", "scripts", "tests", "grafana"}
LOCKS = ("requirements.lock", "requirements-dev.lock")

BEHIND_ANOTHER = {
    "uvloop",  # aiohttp's event loop, chosen by name
    "aiosqlite",  # a driver of SQLAlchemy, chosen by the DSN
    "psycopg",  # likewise
}
"""Runtime packages that no import statement names."""


PARTS = {"pydantic_core": "pydantic", "google.protobuf": "protobuf"}
"""Modules that belong to a declared package under another name."""


def normal(name: str) -> str:
    """A distribution's name in the one spelling that compares."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


@cache
def imported(folder: str) -> frozenset[str]:
    """Top-level names of other people's modules that the code below a folder imports."""
    names: set[str] = set()
    for file in (REPOSITORY / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    names = {"google.protobuf" if name == "google" else name for name in names}
    return frozenset(names - sys.stdlib_module_names - OUR_OWN)


def locked(lock: str) -> dict[str, str]:
    """Name → version of a lock."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", (REPOSITORY / lock).read_text(), re.MULTILINE)
    return {normal(name): version for name, version in found}


def distribution_of(module: str) -> str:
    """The distribution that a module comes from, as it is installed here."""
    if module in PARTS:
        return PARTS[module]
    return normal(installed()[module][0])


installed = cache(packages_distributions)
"""Reads every package's metadata, and what is installed does not change meanwhile."""


def test_every_import_of_the_product_is_declared():
    used = {distribution_of(module) for folder in PRODUCT for module in imported(folder)}
    assert used - declared(PROJECT["dependencies"]) == set()


def test_every_declared_package_is_used():
    used = {distribution_of(module) for folder in PRODUCT for module in imported(folder)}
    assert declared(PROJECT["dependencies"]) - used - BEHIND_ANOTHER == set()


def test_every_import_of_tests_and_benches_is_declared():
    used = {distribution_of(module) for folder in ("tests", "bench") for module in imported(folder)}
    everything = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    assert used - declared(everything) == set()


def test_the_programs_that_set_everything_up_need_nothing_but_python():
    assert imported("scripts") == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(lock: str):
    text = (REPOSITORY / lock).read_text()
    options = [line for line in text.splitlines() if line.startswith("-") or "://" in line or " @ " in line]
    assert options == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_a_hash(lock: str):
    text = (REPOSITORY / lock).read_text()
    entries = re.findall(r"^\S+==[^\n]*(?:\\\n +--hash=sha256:[0-9a-f]{64} ?)+$", text, re.MULTILINE)
    assert len(entries) == len(locked(lock)) > 0


def test_what_is_declared_is_locked():
    assert declared(PROJECT["dependencies"]) <= locked("requirements.lock").keys()
    assert declared(PROJECT["optional-dependencies"]["dev"]) <= locked("requirements-dev.lock").keys()


def test_the_development_lock_holds_the_runtime_lock():
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_the_version_stands_in_the_package_as_in_the_project():
    assert loadgen.__version__ == PROJECT["version"]
