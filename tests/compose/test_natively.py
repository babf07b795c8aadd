"""Every service whose program is installed here starts with the command, the files and the health check that it has in
its container; only addresses and places differ.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from loadgen.model.plan import Postgres
from loadgen.query.client import Prometheus
from loadgen.run.alertmanager import find_alertmanager
from loadgen.run.databases import Databases, dsn_file, find_programs
from loadgen.run.home import free_ports
from loadgen.run.processes import Processes
from loadgen.run.unprivileged import Unprivileged
from loadgen.run.workplace import elsewhere, workplace
from scripts.secrets_for_stack import make
from tests.compose_file import OUR_IMAGE, REPOSITORY, SERVICES, command_of, laid_out, natively
from tests.postgres_process import need_databases
from tests.waiting import wait_until

PATIENCE = 60


@contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process, with its output in `folder`; gone afterwards."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(list(command), cwd=folder, stdout=log, stderr=log, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def our_python(program: str) -> str:
    """The tests' own Python for an image's `python`: Debian has no program of that name."""
    return sys.executable if program == "python" else program


def well(service: str, places: dict[str, str], folder: Path) -> bool:
    """What the service's own health check says; its program must not have ended."""
    kind, program, *words = natively(SERVICES[service]["healthcheck"]["test"], places)
    assert kind == "CMD"
    command = [our_python(program), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=30).returncode == 0


def become_well(service: str, process: subprocess.Popen[bytes], places: dict[str, str], folder: Path) -> None:
    def well_or_ended() -> bool:
        assert process.poll() is None, (folder / "output.log").read_text()
        return well(service, places, folder)

    wait_until(well_or_ended, PATIENCE, f"{service} that is well")


@pytest.mark.parametrize("service", [name for name, service in SERVICES.items() if "healthcheck" in service])
def test_no_health_check_is_content_where_nothing_listens(tmp_path: Path, service: str):
    if shutil.which(our_python(SERVICES[service]["healthcheck"]["test"][1])) is None:
        pytest.skip("its program is not installed here")
    assert not well(service, {"127.0.0.1": "127.0.0.9"}, tmp_path)


def ours(service: str, places: dict[str, str]) -> list[str]:
    """The command of a service of our image, by the Python of the tests."""
    assert SERVICES[service]["image"] == OUR_IMAGE
    program, *words = command_of(service)
    assert program == "python"
    return [sys.executable, *natively(words, places)]


def test_prometheus_starts_with_the_stacks_files_and_finds_exporters_alertmanager_and_rules(tmp_path: Path):
    (port,) = free_ports(1)
    places = laid_out("prometheus", tmp_path)
    places |= {"0.0.0.0:9090": f"127.0.0.1:{port}", "127.0.0.1:9090": f"127.0.0.1:{port}"}
    with running(["prometheus", *natively(command_of("prometheus"), places)], tmp_path) as process:
        become_well("prometheus", process, places, tmp_path)
        client = Prometheus(f"http://127.0.0.1:{port}")
        client.reload()

        def api(path: str) -> dict[str, list[dict[str, dict[str, str]]]]:
            return requests.get(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=5).json()["data"]

        jobs = {"host", "gpu", "dbpool"}
        found = lambda: {target["labels"]["job"] for target in api("targets")["activeTargets"]}  # noqa: E731
        wait_until(lambda: found() == jobs, 30, "the exporters among the targets")
        wait_until(lambda: api("alertmanagers")["activeAlertmanagers"], 30, "an Alertmanager")
        kinds = {rule["type"] for group in api("rules")["groups"] for rule in group["rules"]}  # type: ignore[attr-defined]
        assert kinds == {"recording", "alerting"}


def test_alertmanager_starts_with_the_stacks_file(tmp_path: Path):
    program = find_alertmanager(tmp_path)
    if program is None:
        pytest.skip("Alertmanager is not installed")
    (port,) = free_ports(1)
    places = laid_out("alertmanager", tmp_path)
    places |= {"0.0.0.0:9093": f"127.0.0.1:{port}", "127.0.0.1:9093": f"127.0.0.1:{port}"}
    with running([str(program), *natively(command_of("alertmanager"), places)], tmp_path) as process:
        become_well("alertmanager", process, places, tmp_path)


@pytest.mark.parametrize(
    "service, port", [("alertlog", 9647), ("host-exporter", 9611), ("gpu-exporter", 9612), ("dbpool-exporter", 9613)]
)
def test_our_own_small_services_start_and_are_well(tmp_path: Path, service: str, port: int):
    (free,) = free_ports(1)
    make(tmp_path / "secrets")
    places = laid_out(service, tmp_path, tmp_path / "secrets") | {f"127.0.0.1:{port}": f"127.0.0.1:{free}"}
    with running(ours(service, places), tmp_path) as process:
        become_well(service, process, places, tmp_path)


def test_the_stand_in_works_on_postgresql_through_pgbouncer_with_the_stacks_roles_users_and_settings(tmp_path: Path):
    need_databases()
    secrets = tmp_path / "secrets"
    make(secrets)
    with workplace(tmp_path, "databases") as work, Processes(work / "logs") as processes:
        databases = Databases(work, Postgres(pool_size=5, max_connections=50))
        databases.start(processes)
        wait_until(databases.ready, PATIENCE, "databases that answer")
        with_the_stacks_roles(dsn_file(work, "superuser").read_text().strip(), secrets)
        pooler_port, rest = free_ports(2)
        places = {"5432": str(databases.server_port), "6432": str(pooler_port), "127.0.0.1:8000": f"127.0.0.1:{rest}"}
        for name in ("june_dsn", "postgresql_dsn", "pgbouncer_dsn"):
            (secrets / name).write_text(natively([(secrets / name).read_text()], places)[0])
        with running(pgbouncer(work, secrets, places), tmp_path) as process:
            become_well("pgbouncer", process, places, tmp_path)
            (tmp_path / "sim").mkdir()
            inside = laid_out("sim", tmp_path / "sim", secrets)
            # All of them by their usual ports but these: other tests run meanwhile.
            ports = [f"--rest-port={rest}", *(f"--{name}-port=0" for name in ("llm", "stt", "tts", "control"))]
            with running([*ours("sim", inside), *ports], tmp_path / "sim") as sim:
                become_well("sim", sim, places, tmp_path / "sim")
            for name in ("postgresql_dsn", "pgbouncer_dsn"):
                with psycopg.connect(
                    (secrets / name).read_text().strip(), autocommit=True, prepare_threshold=None
                ) as session:
                    assert session.execute("SHOW server_version" if name == "postgresql_dsn" else "SHOW POOLS")
            become_well("postgres", process, places, tmp_path)


def with_the_stacks_roles(superuser: str, secrets: Path) -> None:
    """Put the roles that the compose stack makes in the place of those that a run makes."""
    with psycopg.connect(superuser.replace("/june", "/postgres"), autocommit=True) as session:
        for statement in ("DROP DATABASE june", "DROP ROLE june", "DROP ROLE june_monitor"):
            session.execute(statement)
        for statement in (secrets / "postgres_roles.sql").read_text().splitlines():
            session.execute(statement)  # type: ignore[arg-type]


def pgbouncer(work: Path, secrets: Path, places: dict[str, str]) -> list[str]:
    """The command of the service, as somebody who is not root, with copies that this user may read."""
    user = Unprivileged.find("PgBouncer")
    folder = elsewhere(work, "pgbouncer", user.may_enter)
    users = folder / "users"
    text = (REPOSITORY / "containers/pgbouncer.ini").read_text()
    ini = natively([text], {**places, "/run/secrets/pgbouncer_users": str(users)})[0]
    user.write(users, (secrets / "pgbouncer_users").read_text())
    user.write(folder / "pgbouncer.ini", ini)
    (_, *arguments) = command_of("pgbouncer")
    mapped = natively(arguments, {"/etc/pgbouncer/pgbouncer.ini": str(folder / "pgbouncer.ini")})
    return user.command([find_programs().pgbouncer, *mapped], signal.SIGKILL)


def test_the_one_offs_command_is_loadgens_own():
    answer = subprocess.run(
        [sys.executable, "-m", "loadgen", *SERVICES["loadgen"]["command"]], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0
    assert "run" in answer.stdout
