"""docker-compose.yml as a test needs it: its services, and what each would find where natively."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

OUR_IMAGE = SERVICES["network"]["image"]
SECRETS_FOLDER = "${LOADGEN_HOME:-./.loadgen}/secrets/"


class Mount:
    """Something of the host, or a volume, in a container."""

    def __init__(self, text: str) -> None:
        self.source, self.target, *rest = text.split(":")
        self.read_only = rest == ["ro"]

    @property
    def is_volume(self) -> bool:
        """Whether the engine keeps it; else it is a file or folder of the repository."""
        return not self.source.startswith(".")


def mounts(service: str) -> list[Mount]:
    """A service's volumes and files."""
    return [Mount(text) for text in SERVICES[service].get("volumes", ())]


def secrets_of(service: str) -> dict[str, str]:
    """Path in the container → name of the file in the folder of secrets."""
    found = {}
    for entry in SERVICES[service].get("secrets", ()):
        name = entry if isinstance(entry, str) else entry["source"]
        target = f"/run/secrets/{name}" if isinstance(entry, str) else entry["target"]
        found[target] = COMPOSE["secrets"][name]["file"].removeprefix(SECRETS_FOLDER)
    return found


def command_of(service: str) -> list[str]:
    """Entrypoint and command of the compose file, without what the image itself begins with."""
    return [*SERVICES[service].get("entrypoint", ()), *SERVICES[service].get("command", ())]


def laid_out(service: str, folder: Path, secrets: Path | None = None) -> dict[str, str]:
    """Make in `folder` what is mounted into the service, as the engine would; returns path there → path here.

    Volumes become empty folders; files and folders of the repository are linked.
    """
    places = {}
    for mount in sorted(mounts(service), key=lambda one: one.target):
        here = folder / mount.target.lstrip("/")
        here.parent.mkdir(parents=True, exist_ok=True)
        if mount.is_volume:
            here.mkdir(exist_ok=True)
        else:
            here.symlink_to(REPOSITORY / mount.source)
        places[mount.target] = str(here)
    for target, name in secrets_of(service).items():
        assert secrets is not None
        places[target] = str(secrets / name)
    return places


def natively(words: list[str], places: dict[str, str]) -> list[str]:
    """The words of a command with each path, or address, of the container replaced by the one here."""
    longest_first = sorted(places, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
    return [known.sub(lambda found: places[found[0]], word) for word in words]
