"""Programs that refuse to be root: started as somebody without rights, in a folder that is theirs alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from msgspec import Struct

from loadgen.run.errors import EnvironmentFault

USERS = ("postgres", "nobody")
"""Whom root becomes: the first of them that there is."""


class Unprivileged(Struct, frozen=True, kw_only=True):
    """A user to be. `name` is None when we need not become somebody else."""

    name: str | None
    uid: int
    gid: int

    @classmethod
    def find(cls, what: str) -> Self:
        """Ourselves, or for root one of USERS; `what` refuses root. Raises EnvironmentFault when there is none."""
        if os.geteuid() != 0:
            return cls(name=None, uid=os.geteuid(), gid=os.getegid())
        if shutil.which("setpriv") is None:
            raise EnvironmentFault(f"{what} refuse to run as root, and setpriv is missing; install util-linux")
        for name in USERS:
            try:
                found = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name=name, uid=found.pw_uid, gid=found.pw_gid)
        raise EnvironmentFault(f"{what} refuse to run as root, and there is neither a user {' nor '.join(USERS)}")

    def command(self, command: Sequence[str], end: signal.Signals) -> list[str]:
        """`command` as this user, which gets the signal `end` when its parent dies."""
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            return list(command)
        # The kernel forgets the parent's death when the user changes, so it has to be said again, and here.
        who = ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"] if self.name else []
        return [setpriv, *who, "--pdeathsig", end.name.removeprefix("SIG"), "--", *command]

    def may_enter(self, folder: Path) -> bool:
        """Whether this user gets into a folder."""
        return self.name is None or all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))

    def make_folder(self, path: Path) -> None:
        """A folder of this user's alone."""
        path.mkdir(mode=0o700)
        os.chown(path, self.uid, self.gid)

    def write(self, path: Path, text: str) -> None:
        """A file of this user's alone."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        os.chown(path, self.uid, self.gid)
