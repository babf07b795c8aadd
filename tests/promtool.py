"""The real promtool, run over rule files and their tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


def promtool(*arguments: str, folder: Path) -> str:
    """What promtool says in `folder`; an AssertionError with all of it when it does not agree."""
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def put(files: Mapping[str, str], folder: Path) -> None:
    """Write the files, by their path within `folder`."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
