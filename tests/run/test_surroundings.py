"""What a run says of the software that it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadgen.run import surroundings


def test_where_there_is_no_checkout_the_image_says_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(surroundings, "REPOSITORY", tmp_path)
    monkeypatch.setenv("LOADGEN_COMMIT", "0123456789abcdef0123456789abcdef01234567")
    assert surroundings.commit() == "0123456789ab"
    monkeypatch.delenv("LOADGEN_COMMIT")
    assert surroundings.commit() == ""


def test_a_checkout_knows_better_than_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOADGEN_COMMIT", "not-a-commit")
    assert surroundings.commit() != "not-a-commit"
