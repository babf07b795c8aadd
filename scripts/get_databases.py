"""Have PostgreSQL and PgBouncer: those that are there, else Debian's packages, else a line that says what to do.

Run as `python3 -m scripts.get_databases [--optional]`. Exit code 4 when one is missing, unless it was optional: only
the target `sim-postgres` and the tests of the database exporter need them. No server is started and no cluster made.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import apt

OLDEST = 15
VERSIONS = Path("/usr/lib/postgresql")
"""Debian's folder of PostgreSQL's programs, by version."""

FOR_ROOT = "/usr/sbin:/usr/local/sbin"
"""Where Debian keeps PgBouncer; not everybody's PATH leads there."""

NO_CLUSTER = {Path("/etc/postgresql-common/createcluster.d/june-loadtest.conf"): "create_main_cluster = false\n"}
"""Debian's PostgreSQL makes and starts a cluster when it is installed, unless this says no."""

EXIT_ENVIRONMENT = 4


def main(arguments: list[str]) -> int:
    """Find or install both; say in a line what is missing."""
    reasons = []
    for package, is_there in (("postgresql", has_postgresql), ("pgbouncer", has_pgbouncer)):
        if is_there():
            continue
        try:
            apt.install(package, service=package, meanwhile=NO_CLUSTER)
        except apt.NotInstalled as error:
            reasons.append(f"{package}: {error}")
            continue
        if not is_there():
            reasons.append(f"{package}: installed, yet it is missing or too old")
    if not reasons:
        return 0
    optional = "--optional" in arguments
    rest = "; the rest works without them, the tests with LOADGEN_TESTS_WITHOUT_DATABASES=1" if optional else ""
    print(
        f"PostgreSQL {OLDEST} or newer and PgBouncer are needed for the target sim-postgres and for some tests: "
        f"install the packages `postgresql` and `pgbouncer` (as root: apt-get install postgresql pgbouncer), "
        f"then try again{rest}. Tried: {'; '.join(reasons)}",
        file=sys.stderr,
    )
    return 0 if optional else EXIT_ENVIRONMENT


def has_postgresql() -> bool:
    """Whether a run will find a server that is new enough: the newest of Debian's, else the one on PATH."""
    newest = max(VERSIONS.glob("[1-9]*/bin"), key=lambda bin_: int(bin_.parent.name), default=None)
    path = str(newest) if newest else None
    return shutil.which("initdb", path=path) is not None and version(shutil.which("postgres", path=path)) >= OLDEST


def version(program: str | None) -> int:
    """The first number of what `program --version` says; 0 when it says nothing of the kind."""
    if program is None:
        return 0
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found else 0


def has_pgbouncer() -> bool:
    """Whether a PgBouncer is there."""
    return shutil.which("pgbouncer") is not None or shutil.which("pgbouncer", path=FOR_ROOT) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
