"""The folder in which the processes of a run meet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workplace(state: Path, name: str) -> Iterator[Path]:
    """A folder under the state folder that is gone afterwards. The caller holds the lock."""
    # Whatever stands here was left by a run that was killed.
    shutil.rmtree(state / "work", ignore_errors=True)
    work = state / "work" / name
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
