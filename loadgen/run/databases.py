"""PostgreSQL behind PgBouncer for one run: made new, on free loopback ports, with passwords of its own, gone with it.

It keeps nothing and waits for no disk (no fsync, no synchronous commits): good for a stand-in's conversations, and
no measure of what a PostgreSQL on real disks can take.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from msgspec import Struct

from loadgen.model.measured import PGBOUNCER, POSTGRES
from loadgen.model.plan import Postgres
from loadgen.plan.measured import DSN_FILE
from loadgen.run.errors import EnvironmentFault
from loadgen.run.home import free_ports
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Child, Processes
from loadgen.run.unprivileged import Unprivileged
from loadgen.run.workplace import elsewhere

OLDEST = 15
INSTALL = "run `make databases`, or as root: apt-get install postgresql pgbouncer"
START_TIMEOUT = 60.0
"""Seconds; a new cluster takes 1 to 2 s to make, on a machine that is busy with other things more."""

DATABASE = "june"
OWNER, MONITOR, STATS, SUPERUSER = "june", "june_monitor", "june_stats", "postgres"
"""Roles: the stand-in's; the exporter's, which may only look (pg_monitor); PgBouncer's, which may only SHOW; and the
one that owns the cluster, for tests."""

_BEGIN = """
set -e
initdb=$1; postgres=$2; shift 2
"$initdb" --pgdata=data --username={superuser} --pwfile=password --auth=scram-sha-256 \\
    --no-locale --encoding=UTF8 --no-sync --no-instructions >initdb.log 2>&1 || {{ cat initdb.log >&2; exit 1; }}
"$postgres" --single -F -c exit_on_error=on -c log_min_error_statement=panic -D data postgres <roles.sql >/dev/null
exec "$postgres" -D data "$@"
"""
"""Makes the cluster and becomes its server, so that all of it has one process id and one end."""

_POOLER = """
[databases]
{database} = host=127.0.0.1 port={server_port} dbname={database} pool_size={pool_size}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {pooler_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
max_client_conn = {clients}
stats_users = {stats}
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
"""

POOLER_CLIENTS = 2000
"""Clients that PgBouncer admits; who waits for a connection waits there."""


class Programs(Struct, frozen=True, kw_only=True):
    """What has to be installed."""

    initdb: str
    postgres: str
    pgbouncer: str


def find_programs(versions: Path = Path("/usr/lib/postgresql")) -> Programs:
    """The newest PostgreSQL under Debian's folder, else the one on PATH, and PgBouncer.

    Raises EnvironmentFault when one is missing or too old.
    """
    newest = max(versions.glob("[1-9]*/bin"), key=lambda folder: int(folder.parent.name), default=None)
    path = str(newest) if newest else None
    initdb, postgres = shutil.which("initdb", path=path), shutil.which("postgres", path=path)
    # Debian keeps it where only root's PATH leads.
    pgbouncer = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    missing = [name for name, found in (("PostgreSQL", initdb and postgres), ("PgBouncer", pgbouncer)) if not found]
    if not (initdb and postgres and pgbouncer):
        raise EnvironmentFault(f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} missing; {INSTALL}")
    answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if version is None or int(version[1]) < OLDEST:
        raise EnvironmentFault(f"{postgres} is {answer.strip() or 'silent'}; at least {OLDEST} is needed; {INSTALL}")
    return Programs(initdb=initdb, postgres=postgres, pgbouncer=pgbouncer)


def dsn_file(work: Path, of: str) -> Path:
    """Where a run's DSN stands, once `Databases` is made.

    `of`: `june` for the stand-in (through PgBouncer), `postgresql` and `pgbouncer` for the exporter, `superuser`.
    """
    return work / DSN_FILE.format(kind=of)


class Databases:
    """The two servers of one run."""

    def __init__(self, work: Path, wanted: Postgres) -> None:
        """Writes their files to a folder outside `work` that goes with it. Raises EnvironmentFault."""
        self._programs = find_programs()
        self._user = Unprivileged.find("PostgreSQL and PgBouncer")
        self._wanted = wanted
        self._work = work
        self._home = elsewhere(work, "databases", self._user.may_enter) / "home"
        self._user.make_folder(self._home)
        self.server_port, self.pooler_port = free_ports(2)
        self._write_files()
        self.postgres: Child | None = None
        self.pgbouncer: Child | None = None

    def start(self, processes: Processes) -> tuple[Child, Child]:
        """Start both. Whether they are ready is another question."""
        return self.start_postgres(processes), self.start_pgbouncer(processes)

    def start_postgres(self, processes: Processes) -> Child:
        """Start PostgreSQL; the first time the cluster is made before."""
        programs, settings = self._programs, self._settings()
        if (self._home / "data").exists():
            command = [programs.postgres, "-D", "data", *settings]
        else:
            script = _BEGIN.format(superuser=SUPERUSER)
            command = ["/bin/sh", "-c", script, "begin", programs.initdb, programs.postgres, *settings]
        end = signal.SIGINT  # at SIGTERM it would wait until every client has left
        command = self._user.command(command, end)
        self.postgres = processes.start(POSTGRES, command, _environment(), self._home, end)
        return self.postgres

    def start_pgbouncer(self, processes: Processes) -> Child:
        """Start PgBouncer, which connects to PostgreSQL when it is first asked to."""
        end = signal.SIGKILL  # it has nothing to save, and at SIGTERM newer ones wait until every client has left
        command = self._user.command([self._programs.pgbouncer, "pgbouncer.ini"], end)
        self.pgbouncer = processes.start(PGBOUNCER, command, _environment(), self._home, end)
        return self.pgbouncer

    def ready(self) -> bool:
        """Whether both take connections. Raises EnvironmentFault when one has ended."""
        for name, child in (("PostgreSQL", self.postgres), ("PgBouncer", self.pgbouncer)):
            if child is not None and child.exit_code() is not None:
                raise EnvironmentFault(f"{name} did not start: {child.last_words()}")
        return self._postgres_is_ready() and _listens(self.pooler_port)

    def wait(self, interrupt: Interrupt) -> dict[str, str]:
        """Return when both are ready: the stand-in's options with which it finds them.

        Raises EnvironmentFault or Interrupted.
        """
        if not interrupt.wait(self.ready, START_TIMEOUT, step=0.02):
            slow = self.pgbouncer if self._postgres_is_ready() else self.postgres
            words = slow.last_words() if slow else ""
            raise EnvironmentFault(f"PostgreSQL and PgBouncer were not ready within {START_TIMEOUT:.0f} s: {words}")
        return {"dsn_file": str(dsn_file(self._work, "june"))}

    def _postgres_is_ready(self) -> bool:
        """The eighth line of its pid file says so, as pg_ctl knows; the first says whose file it is."""
        try:
            lines = (self._home / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        own = self.postgres is not None and lines[:1] == [str(self.postgres.pid)]
        return own and len(lines) >= 8 and lines[7].strip() == "ready"

    def _settings(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.server_port,
            "unix_socket_directories": "",
            "max_connections": self._wanted.max_connections,
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # in its own folder, so that nothing stays in /dev/shm
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _write_files(self) -> None:
        password = {role: secrets.token_hex(16) for role in (OWNER, MONITOR, STATS, SUPERUSER)}
        roles = [
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{password[OWNER]}'",
            f"CREATE ROLE {MONITOR} LOGIN PASSWORD '{password[MONITOR]}' IN ROLE pg_monitor",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        ]
        pooler = _POOLER.format(
            database=DATABASE, server_port=self.server_port, pooler_port=self.pooler_port, folder=self._home,
            pool_size=self._wanted.pool_size, clients=POOLER_CLIENTS, stats=STATS,
        )  # fmt: skip
        users = "".join(f'"{role}" "{password[role]}"\n' for role in (OWNER, STATS))
        self._user.write(self._home / "password", password[SUPERUSER])
        self._user.write(self._home / "roles.sql", "".join(f"{line}\n" for line in roles))
        self._user.write(self._home / "users.txt", users)
        self._user.write(self._home / "pgbouncer.ini", pooler)
        for of, role, port, database in (
            ("june", OWNER, self.pooler_port, DATABASE),
            ("postgresql", MONITOR, self.server_port, DATABASE),
            ("pgbouncer", STATS, self.pooler_port, "pgbouncer"),
            ("superuser", SUPERUSER, self.server_port, DATABASE),
        ):
            _write_secret(dsn_file(self._work, of), f"postgresql://{role}:{password[role]}@127.0.0.1:{port}/{database}")


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables would change what the servers do, and secrets are none of their business."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _write_secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
