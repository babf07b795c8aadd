"""A comment that cannot be made says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.job_summary import SUMMARY
from scripts.pull_request_comment import EXIT_ENVIRONMENT, EXIT_USAGE, main


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found; it is empty. A summary is there."""
    (tmp_path / SUMMARY).write_text("# Load tests\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def said(tmp_path: Path, capfd: pytest.CaptureFixture[str], code: int) -> str:
    assert main({"OUTPUT_DIR": str(tmp_path), "GITHUB_REF_NAME": "main"}) == code
    text = capfd.readouterr().err
    assert text.count("\n") == 1
    return text


def test_without_a_summary_it_says_what_writes_one(path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / SUMMARY).unlink()
    assert "`make summary` writes it" in said(tmp_path, capfd, EXIT_USAGE)


def test_without_gh_it_says_so(path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    assert "gh cannot be asked: No such file or directory" in said(tmp_path, capfd, EXIT_ENVIRONMENT)


@pytest.mark.parametrize(
    "script, words",
    [
        ("echo HTTP 403: Resource not accessible >&2; exit 1", "HTTP 403: Resource not accessible; GH_TOKEN must hold"),
        ("echo no JSON", "did not answer in JSON"),
    ],
)
def test_what_gh_refuses_is_told_in_its_words(
    path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], script: str, words: str
):
    (path / "gh").write_text(f"#!/bin/sh\n{script}\n")
    (path / "gh").chmod(0o755)
    assert words in said(tmp_path, capfd, EXIT_ENVIRONMENT)
