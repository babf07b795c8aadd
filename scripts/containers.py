"""The stack in containers, where there is an engine for them: up, down, and one run on it.

Run as `python3 -m scripts.containers <up|down> [words]`; `meant <target>` prints `yes` where make's target of that name
needs nothing of this machine, because it uses containers or is refused beside them. Exit code 4 when the engine does
not do what it is asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts import secrets_for_stack

REPOSITORY = Path(__file__).resolve().parents[1]
WITHIN = REPOSITORY / "containers/stack.json"
"""The state of the stack as a run within it is told; what is written outside differs in the time alone."""

PROJECT, RUN = "june-loadtest", "loadgen"
"""Of docker-compose.yml: the project, and the service of one run."""
COMPOSE = ("docker", "compose")
REVISION = "REVISION"
"""Names the commit when the image is built."""

LEFT = (
    *("exec", "-T", "network", "find", "/stack/runs", "/stack/targets", "-maxdepth", "1", "-type", "f"),
    *("-regextype", "posix-extended", "-regex", r".*-[0-9]{14}(-[0-9]+)?\.(yml|json)", "-print", "-delete"),
)
"""Has the service to which the volumes belong delete the rules and targets of runs, and name them."""

INSTEAD = {
    "doctor": f"use `docker compose run --rm {RUN} doctor`, or end the stack first: `make down`",
    "ui": "end the stack first, and Locust's page comes with a Prometheus of its own: `make down`",
}
"""make's targets that need a Prometheus and are no service of the stack: what can be done while it is in containers."""

EXIT_ENVIRONMENT = 4
PATIENCE = 20
"""Seconds for an engine to say that it is there."""


def state_file(variables: Mapping[str, str]) -> Path:
    """Where `loadgen` too looks for the stack that is up."""
    return Path(variables.get("LOADGEN_HOME") or REPOSITORY / ".loadgen").resolve() / "stack.json"


def kind(variables: Mapping[str, str]) -> str | None:
    """What the stack that is up consists of: native or compose; None where none is up."""
    try:
        return str(json.loads(state_file(variables).read_text())["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def meant(target: str, variables: Mapping[str, str]) -> bool:
    """Whether make's `target` is to use containers: the stack is in some, or is to be made and there is an engine.

    A run that is to be seen by another Prometheus needs no stack.
    """
    up = kind(variables)
    if target == "load":
        return up == "compose" and not variables.get("PROMETHEUS")
    if target == "up" and up is None:
        return engine()
    return target in COMMANDS and up == "compose"


def refusal(target: str, variables: Mapping[str, str]) -> str | None:
    """Why make's `target` cannot be done here while the stack is in containers, and what can; None where it can."""
    other = target == "doctor" and variables.get("PROMETHEUS")
    if target not in INSTEAD or other or kind(variables) != "compose":
        return None
    return f"the stack is up in containers, and {target} would look at it from outside; {INSTEAD[target]}"


def engine() -> bool:
    """Whether containers can be started here now, by this user."""
    if shutil.which(COMPOSE[0]) is None:
        return False
    return _quiet([*COMPOSE, "version"]) and _quiet(["docker", "info"])


def _quiet(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def up(words: Sequence[str]) -> int:
    """Start the services and wait until they are well; `words` go to `docker compose`, such as `--profile sim`."""
    if code := secrets_for_stack.main():
        return code
    if _compose(*words, "up", "--detach", "--wait"):
        print("the stack did not come up; `docker compose ps` and `docker compose logs` say why", file=sys.stderr)
        return EXIT_ENVIRONMENT
    if not _runs():
        _take_away_left()
    state = json.loads(WITHIN.read_text()) | {"started": time.time()}
    file = state_file(os.environ)
    file.write_text(json.dumps(state, indent=2) + "\n")
    for name in ("prometheus", "alertmanager", "grafana"):
        print(f"  up       {name.capitalize()}: {state[name]}")
    print(f"Grafana's password for its user `admin` is in {file.parent / 'secrets/grafana_admin_password'}")
    print("`make load` uses this stack, `make down` ends it; what it has seen stays in its volumes")
    return 0


def down(words: Sequence[str]) -> int:
    """End all services, unless a run is under way; volumes stay."""
    if running := _runs():
        print(f"a run is under way in the container {running}; wait for it or stop it, then try again", file=sys.stderr)
        return EXIT_ENVIRONMENT
    _take_away_left()
    if _compose("--profile", "*", "down", *words):
        print("the stack was not ended; `docker compose ps` says what runs", file=sys.stderr)
        return EXIT_ENVIRONMENT
    state_file(os.environ).unlink(missing_ok=True)
    return 0


def _runs() -> str:
    """The containers in which a run is under way."""
    labels = (f"label=com.docker.compose.project={PROJECT}", f"label=com.docker.compose.service={RUN}")
    filters = [word for label in labels for word in ("--filter", label)]
    found = subprocess.run(["docker", "ps", "--quiet", *filters], capture_output=True, text=True, check=False)
    return ", ".join(found.stdout.split())


def _take_away_left() -> None:
    """Delete what runs that were killed have left in the volumes, and have Prometheus see that it is gone."""
    found = subprocess.run([*COMPOSE, *LEFT], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if found.stdout.strip():
        _compose("kill", "--signal", "HUP", "prometheus")


def run_command(options: Sequence[str], words: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """The command line of one run as a service of the stack. Raises ValueError for OUTPUT_DIR.

    A configuration of one's own is mounted with its folder, for it may name files beside it.
    """
    if variables.get("OUTPUT_DIR"):
        raise ValueError("OUTPUT_DIR is of no use here: the stack is in containers, and results stay in its volume")
    mounts: list[str] = []
    if variables.get("CONFIG"):
        config = Path(variables["CONFIG"]).resolve()
        mounts = ["--volume", f"{config.parent}:/config:ro"]
        options = [*(one for one in options if not one.startswith("--config=")), f"--config=/config/{config.name}"]
    terminal = [] if sys.stdout.isatty() else ["--no-TTY"]
    return [*COMPOSE, "run", "--rm", *terminal, *mounts, RUN, "run", *options, *words]


def _compose(*words: str) -> int:
    sys.stdout.flush()
    variables = dict(os.environ) | ({} if os.environ.get(REVISION) else {REVISION: commit()})
    return subprocess.run([*COMPOSE, *words], cwd=REPOSITORY, env=variables, check=False).returncode


def commit() -> str:
    """The commit of this checkout, for the image and the records of runs in it; empty where git does not say."""
    try:
        said = subprocess.run(
            ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return said.stdout.strip()


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"up": up, "down": down}


def main(arguments: Sequence[str]) -> int:
    """See the module's text."""
    command, *words = arguments
    if command == "meant":
        print("yes" if meant(words[0], os.environ) or refusal(words[0], os.environ) else "")
        return 0
    return COMMANDS[command](words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
