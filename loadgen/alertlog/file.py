"""A log file that is bounded: when it is full it becomes `<name>.1`, in place of the one before."""

from __future__ import annotations

import threading
from pathlib import Path

MOST_BYTES = 5 << 20


class BoundedFile:
    """Lines appended to a file, by any thread; with the one before it never more than twice `most` bytes."""

    def __init__(self, path: Path, most: int = MOST_BYTES) -> None:
        """Raises OSError when nothing can be written there."""
        self._path, self._most = path, most
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def write(self, lines: list[str]) -> None:
        """Append the lines. Raises OSError."""
        content = "".join(f"{line}\n" for line in lines).encode()
        with self._lock:
            if self._size() + len(content) > self._most:
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            with self._path.open("ab") as file:
                file.write(content)

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0
