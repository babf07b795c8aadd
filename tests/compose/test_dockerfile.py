"""The image: small, of what is locked, the same twice, and not root."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
STAGES = re.findall(r"^FROM (\S+)(?: AS \w+)?$", DOCKERFILE, re.MULTILINE)
LAST = DOCKERFILE.rpartition("\nFROM ")[2]


def test_it_begins_with_one_pinned_python_in_both_stages():
    assert len(STAGES) == 2
    assert len(set(STAGES)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", STAGES[0])


def test_only_locked_packages_are_installed_each_checked_by_its_hash_and_none_is_built():
    installs = re.findall(r"pip .*?install\s+(.*)", DOCKERFILE)
    assert len(installs) == 1
    for flag in ("--no-compile", "--require-hashes", "--only-binary=:all:", "--requirement requirements.lock"):
        assert flag in installs[0]
    assert not re.search(r"apt-get|apk |curl |wget |ADD ", DOCKERFILE)


def test_it_has_a_user_without_rights_and_that_is_the_last_word_on_it():
    assert re.findall(r"^USER (.*)$", LAST, re.MULTILINE) == ["10001:10001"]
    assert LAST.index("\nUSER ") > LAST.rindex("\nRUN ")


def test_the_shipped_stage_takes_only_what_was_built_and_holds_no_installer_of_ours():
    assert re.findall(r"^COPY (.*)$", LAST, re.MULTILINE) == [
        "--from=build /opt/venv /opt/venv",
        "--from=build /opt/june /opt/june",
    ]
    assert "venv --without-pip" in DOCKERFILE


def test_what_is_built_twice_is_the_same_twice():
    assert DOCKERFILE.count("ARG SOURCE_DATE_EPOCH=") == 2
    assert "PYTHONDONTWRITEBYTECODE=1" in LAST
    assert "--invalidation-mode unchecked-hash" in DOCKERFILE, "bytecode by date would differ"
    assert 'touch --no-dereference --date="@${SOURCE_DATE_EPOCH}"' in DOCKERFILE


def test_its_labels_say_what_it_is_as_the_project_does():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', LAST))
    assert labels["title"] == project["name"]
    assert labels["version"] == project["version"]
    assert labels["licenses"] == "MIT"
    assert labels["base.name"] == STAGES[0]


def test_it_speaks_loadgen_when_nothing_else_is_said():
    assert 'ENTRYPOINT ["loadgen"]' in LAST


def test_only_what_the_image_is_made_of_is_sent_to_the_engine():
    lines = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")}
    copied = {word.rstrip("/") for word in re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)}
    assert let_in == copied
    assert all((REPOSITORY / name).exists() for name in let_in)
    assert not any(fnmatch.fnmatch(name, ".*") for name in let_in)
