"""The passwords of the compose stack: random, each made once, in files that only their owner can reach.

Run as `python3 -m scripts.secrets_for_stack`; twice costs nothing and changes nothing. They stand in `secrets/` of the
state folder (`.loadgen`, or LOADGEN_HOME). Exit code 4 when they cannot be written or one is damaged.

Compose mounts a file secret as it is, and each service runs as a user of its own. So the files themselves can be read
by everyone, and the folder, which is not mounted, can be entered by its owner alone.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
EXIT_ENVIRONMENT = 4

FOLDER_MODE, FILE_MODE = 0o700, 0o644

PASSWORDS = (
    "grafana_admin_password",
    "grafana_secret_key",
    "postgres_password",
    "june_password",
    "june_monitor_password",
    "june_stats_password",
)
"""Each a file of its own, random, and never written again. The last three are roles: the stand-in's; the exporter's,
which may only look (pg_monitor); PgBouncer's, which may only SHOW."""


def _roles(password: Mapping[str, str]) -> str:
    return (
        f"CREATE ROLE june LOGIN PASSWORD '{password['june_password']}';\n"
        f"CREATE ROLE june_monitor LOGIN PASSWORD '{password['june_monitor_password']}' IN ROLE pg_monitor;\n"
        "CREATE DATABASE june OWNER june;\n"
    )


def _users(password: Mapping[str, str]) -> str:
    return f'"june" "{password["june_password"]}"\n"june_stats" "{password["june_stats_password"]}"\n'


def _dsn(role: str, port: int, database: str) -> Callable[[Mapping[str, str]], str]:
    return lambda password: f"postgresql://{role}:{password[f'{role}_password']}@127.0.0.1:{port}/{database}\n"


DERIVED: dict[str, Callable[[Mapping[str, str]], str]] = {
    "postgres_roles.sql": _roles,
    "pgbouncer_users": _users,
    "june_dsn": _dsn("june", 6432, "june"),
    "postgresql_dsn": _dsn("june_monitor", 5432, "june"),
    "pgbouncer_dsn": _dsn("june_stats", 6432, "pgbouncer"),
}
"""What programs are given, made from the passwords: how PostgreSQL's roles are made, PgBouncer's users, and the
connection strings of the stand-in (through PgBouncer) and of the exporter."""


class Damaged(Exception):
    """A file that is there is no password of ours; the text says which and how to mend it."""


def main() -> int:
    """Make what is missing."""
    folder = secrets_folder(os.environ)
    try:
        make(folder)
    except OSError as error:
        print(f"the stack's passwords cannot be kept in {folder}: {error.strerror}: {error.filename}", file=sys.stderr)
    except Damaged as damage:
        print(damage, file=sys.stderr)
    else:
        return 0
    return EXIT_ENVIRONMENT


def secrets_folder(environment: Mapping[str, str]) -> Path:
    """Where they stand; docker-compose.yml says the same."""
    return Path(environment.get("LOADGEN_HOME") or REPOSITORY / ".loadgen").resolve() / "secrets"


def make(folder: Path) -> None:
    """Make every file that is not there. Raises OSError or Damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    passwords = {name: _password(folder / name) for name in PASSWORDS}
    for name, text in DERIVED.items():
        _write(folder / name, text(passwords))


def _password(path: Path) -> str:
    """The password in the file, which is made when it is missing."""
    if not path.exists():
        _write(path, f"{secrets.token_hex(24)}\n")
    text = path.read_text(errors="replace").strip()
    if not re.fullmatch(r"[0-9A-Za-z_-]{12,200}", text):
        raise Damaged(
            f"{path} holds no password of 12 or more letters and digits; delete it for a new one (a PostgreSQL that "
            "was set up with another keeps that until its volume is deleted)"
        )
    return text


def _write(path: Path, text: str) -> None:
    """Put the text into the file, at once or not at all; a file that holds it already is left alone."""
    if path.exists() and path.read_text(errors="replace") == text:
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text)
        beside.chmod(FILE_MODE)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
