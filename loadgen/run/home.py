"""Where a run keeps things: the run folder, the lock of the state folder; and free ports."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from loadgen.run.errors import EnvironmentFault


def make_run_folder(output: Path, scenario: str, now: datetime) -> tuple[Path, str]:
    """Create `<output>/<scenario>/<YYYYmmdd_HHMMSS>`, with a suffix when it is taken.

    Returns it with the time that belongs into the run's name, `YYYYmmddHHMMSS` and the suffix.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
    for attempt in range(1, 100):
        suffix = "" if attempt == 1 else f"-{attempt}"
        folder = output / scenario / f"{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise EnvironmentFault(
                f"the run folder {folder} cannot be made: {error.strerror}; choose another with --output-dir"
            ) from error
        return folder, f"{stamp.replace('_', '')}{suffix}"
    raise EnvironmentFault(f"no free run folder under {output / scenario} for {stamp}")


@contextmanager
def gone_when_empty(folder: Path) -> Iterator[None]:
    """Afterwards the folder is there only if there is something in it: a run that could not begin leaves no trace."""
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()


BESIDE_ANOTHER = (
    "{who} is under way in {state}; wait for it, stop it, or set LOADGEN_HOME to another folder for this one"
)


@contextmanager
def the_only_run(state: Path, run_id: str, refusal: str = BESIDE_ANOTHER) -> Iterator[None]:
    """Hold the lock of the state folder; a second run is refused with the owner's name, in the words of `refusal`.

    Runs share one Prometheus data directory, which only one Prometheus may open.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "lock").open("a+")
    except OSError as error:
        raise EnvironmentFault(
            f"the state folder {state} cannot be used: {error.strerror}; set LOADGEN_HOME to one that can"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise EnvironmentFault(refusal.format(who=_owner(file.read()), state=state)) from None
        file.seek(0)
        file.truncate()
        json.dump({"run_id": run_id, "pid": os.getpid()}, file)
        file.flush()
        yield


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
        return f"run {owner['run_id']} (process {owner['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another run"


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """`count` different ports that were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether we could listen there now."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError:
            return False
        return True


def claim_port(port: int) -> IO[str] | None:
    """Claim a well-known port, so that no run which starts meanwhile chooses it too; None when it is taken.

    The claim lasts as long as the returned file is open: whoever will listen there is started seconds later.
    """
    try:
        claim = (Path(tempfile.gettempdir()) / f"loadgen-port-{port}.lock").open("a")
    except OSError:
        return None  # another user's claim
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        return None
    if port_is_free(port):
        return claim
    claim.close()
    return None
