"""The two configurations that plans are made of here."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadgen.config import Config, load_config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shipped() -> Config:
    return load_config(ROOT / "loadgen" / "config" / "load_test_config.yaml")


@pytest.fixture(scope="session")
def everything() -> Config:
    """The configuration in which every key stands, none at its default."""
    return load_config(ROOT / "tests" / "config" / "fixtures" / "good" / "everything.yaml")
