"""Grafana, where one is installed: its command line, and an environment that leaves nothing to a default password."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from loadgen.run.errors import EnvironmentFault
from loadgen.storage import REPOSITORY

PROGRAMS = ("grafana", "grafana-server")
"""The program since Grafana 10, and the one before it, which packages still bring."""
HOMES = (Path("/usr/share/grafana"), Path("/usr/local/share/grafana"), Path("/opt/homebrew/share/grafana"))
"""Where packages put what Grafana needs beside its program."""

PROVISIONING, DASHBOARDS = REPOSITORY / "grafana/provisioning", REPOSITORY / "grafana/dashboards"
PASSWORD_FILE = "admin_password"  # noqa: S105 - its name


def find_grafana() -> Path | None:
    """The program on PATH; None when there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Path(found) if found else None


def home_of(program: Path) -> Path:
    """The folder that holds `conf/defaults.ini`. Raises EnvironmentFault."""
    places = (program.resolve().parents[1], *HOMES)
    for place in places:
        if (place / "conf/defaults.ini").exists():
            return place
    looked = ", ".join(map(str, places))
    raise EnvironmentFault(f"{program} is there, but conf/defaults.ini is in none of {looked}; install Grafana anew")


def grafana_command(program: Path) -> tuple[str, ...]:
    """The command line; everything else stands in the environment. Raises EnvironmentFault."""
    server = ("server",) if program.name == PROGRAMS[0] else ()
    return (str(program), *server, "--homepath", str(home_of(program)))


def grafana_environment(variables: Mapping[str, str], folder: Path, port: int, prometheus: str) -> dict[str, str]:
    """Grafana's environment: `variables` but for settings of Grafana's that somebody may have among them.

    Whoever is on this machine may look; only who reads the password's file may change anything.
    """
    clean = {name: value for name, value in variables.items() if not name.startswith("GF_")}
    return {
        **clean,
        "LOADGEN_PROMETHEUS_URL": prometheus,
        "LOADGEN_DASHBOARDS": str(DASHBOARDS),
        "GF_PATHS_PROVISIONING": str(PROVISIONING),
        "GF_PATHS_DATA": str(folder / "data"),
        "GF_PATHS_LOGS": str(folder / "logs"),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_LOG_MODE": "console",
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{{password_file(folder)}}}",
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_USERS_ALLOW_SIGN_UP": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    }


def password_file(folder: Path) -> Path:
    """Where the admin's password stands."""
    return folder / PASSWORD_FILE


def make_password(folder: Path) -> None:
    """Write a random password that only we can read, where there is none yet: Grafana keeps the first it was given."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(password_file(folder), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(24))
