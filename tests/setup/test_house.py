"""What is committed works on any machine and tells nothing of the one it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

MACHINE_PATH = re.compile(r"(?<![\w.*-])/(?:work|root|home/[a-z]+|Users/[a-z]+|opt/wheels)/")
REGISTRY = re.compile(r"py" + r"pi\.|python" + r"hosted|/simp" + r"le/", re.IGNORECASE)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def committed() -> list[tuple[Path, str]]:
    """Every text file that is or would be committed, with its text."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split("\0")
    files = []
    for name in filter(None, names):
        try:
            files.append((Path(name), (REPOSITORY / name).read_text()))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return files


def findings(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in committed()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_holds_a_path_of_somebodys_machine():
    assert findings(MACHINE_PATH) == []


def test_no_file_names_a_package_registry():
    assert findings(REGISTRY) == []


def test_nothing_is_left_to_do_in_a_comment():
    assert findings(UNFINISHED) == []


def test_no_module_is_called_utils():
    assert [name for name, _ in committed() if re.fullmatch(r"utils?|helpers?|common|misc", name.stem)] == []
