"""The work folder in which the processes of a run meet."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from loadgen.run.errors import EnvironmentFault

PREFIX = "loadgen-"


@contextmanager
def workplace(state: Path, name: str) -> Iterator[Path]:
    """A folder under the state folder that is gone afterwards. The caller holds the lock."""
    # Whatever stands here was left by a run that was killed.
    for left in (state / "work").glob("*"):
        _remove(left)
    work = state / "work" / name
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        _remove(work)


def elsewhere(work: Path, name: str, fits: Callable[[Path], bool]) -> Path:
    """A folder outside of the work folder, for those who may not enter that; `work/name` leads there.

    It lies in the first place for temporary files that `fits`, others may pass through it but not look around, and it
    goes with the work folder, even when the run is killed: then the next one removes it. Raises EnvironmentFault.
    """
    places = [place for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")) if fits(Path(place))]  # noqa: S108 - mkdtemp makes the folder
    if not places:
        raise EnvironmentFault(f"no folder for temporary files is open to the user for {name}; set TMPDIR to one")
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}-", dir=places[0]))
    (work / name).symlink_to(folder)
    folder.chmod(0o711)
    return folder


def _remove(work: Path) -> None:
    for link in work.glob("*"):
        if link.is_symlink() and link.readlink().name.startswith(PREFIX):
            shutil.rmtree(link.readlink(), ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)
