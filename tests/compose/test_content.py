"""What the compose file promises: pins, loopback, no rights but those needed, limits, health, and no secret in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from loadgen.arguments import CONFIG
from loadgen.catalogue.promql import duration
from loadgen.config import load_config
from loadgen.plan import RunRequest, compile_plan
from loadgen.rules.resources import measured_kinds
from loadgen.run import databases
from loadgen.run.standing import COMPOSE as KIND
from loadgen.run.standing import StackPorts, Standing
from loadgen.storage import load
from scripts import secrets_for_stack
from tests.compose_file import COMPOSE, OUR_IMAGE, REPOSITORY, SECRETS_FOLDER, SERVICES, mounts, secrets_of

each_service = pytest.mark.parametrize("service", SERVICES)

WITHOUT_HEALTH = {
    "network": "it sleeps; nothing in it could be unwell",
    "loadgen": "it is started for one run and ends with it",
}
NAMESPACES_OF_THE_HOST = {
    "host-exporter": {"pid", "cgroup"}  # it counts the machine's processes
}
TAG = re.compile(r"(?:[\w.-]+/)?[\w-]+:v?\d+\.\d+[\w.-]*")


@each_service
def test_every_image_is_pinned_to_a_version(service: str):
    assert TAG.fullmatch(SERVICES[service]["image"]), SERVICES[service]["image"]


def test_one_service_builds_our_image_and_all_others_of_ours_use_that():
    assert [name for name, service in SERVICES.items() if "build" in service] == ["network"]
    ours = {name for name, service in SERVICES.items() if service["image"] == OUR_IMAGE}
    assert ours == {
        "network", "alertlog", "host-exporter", "gpu-exporter", "dbpool-exporter", "sim", "loadgen",
    }  # fmt: skip
    assert all("profiles" not in SERVICES["network"] for _ in ours), "without it nothing could start"


@each_service
def test_all_services_share_the_namespace_of_one_which_alone_publishes_ports(service: str):
    if service == "network":
        assert "network_mode" not in SERVICES[service]
    else:
        assert SERVICES[service]["network_mode"] == "service:network"
        assert not {"ports", "networks", "expose", "links"} & SERVICES[service].keys()
        assert SERVICES[service]["depends_on"]["network"] == {"condition": "service_started", "restart": True}


def test_every_port_is_published_on_loopback_alone_and_under_its_own_number():
    published = SERVICES["network"]["ports"]
    assert published
    for port in published:
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port)


def test_what_is_published_listens_for_it_and_everything_else_on_loopback_only():
    words = {
        name: " ".join([*map(str, service.get("command", ())), *map(str, service.get("environment", {}).values())])
        for name, service in SERVICES.items()
    }
    assert {name for name, text in words.items() if "0.0.0.0" in text} == {"prometheus", "alertmanager", "grafana"}


@each_service
def test_every_service_runs_as_a_user_with_a_number_that_is_not_root(service: str):
    user = re.fullmatch(r"(\d+):(\d+)", SERVICES[service]["user"])
    assert user
    assert int(user[1]) > 0


@each_service
def test_every_service_has_no_right_that_it_does_not_need(service: str):
    it = SERVICES[service]
    assert it["read_only"] is True
    assert it["cap_drop"] == ["ALL"]
    assert it["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "ipc", "uts", "userns_mode"} & it.keys()
    assert {"pid", "cgroup"} & it.keys() == NAMESPACES_OF_THE_HOST.get(service, set())
    assert not any("docker.sock" in mount.source for mount in mounts(service))


@each_service
def test_every_service_has_limits_of_cpu_memory_and_processes(service: str):
    assert SERVICES[service]["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}


@each_service
def test_every_service_is_asked_whether_it_is_well_or_is_named_with_the_reason_why_not(service: str):
    asked = SERVICES[service].get("healthcheck", {}).get("test", [])
    assert bool(asked) != (service in WITHOUT_HEALTH)
    assert asked[:1] in ([], ["CMD"]), "no shell: not every image has one"


@each_service
def test_every_service_but_the_one_off_comes_back_after_a_fall_and_keeps_its_log_small(service: str):
    assert SERVICES[service]["restart"] == ("no" if service == "loadgen" else "unless-stopped")
    assert SERVICES[service]["logging"]["options"].keys() == {"max-size", "max-file"}


@each_service
def test_every_file_of_the_repository_that_is_mounted_exists_and_is_read_only(service: str):
    for mount in mounts(service):
        if not mount.is_volume:
            assert mount.read_only, mount.target
            assert (REPOSITORY / mount.source).exists(), mount.source


def test_every_volume_that_is_mounted_is_declared_and_the_other_way_round():
    used = {mount.source for service in SERVICES for mount in mounts(service) if mount.is_volume}
    assert used == COMPOSE["volumes"].keys()


def test_a_volume_in_which_our_image_writes_begins_with_its_owner():
    first = {mount.source: mount.target for mount in mounts("network")}
    ours = [name for name, service in SERVICES.items() if service["image"] == OUR_IMAGE and name != "network"]
    written = {mount.source: mount.target for name in ours for mount in mounts(name) if mount.is_volume}
    assert written == first, "made by the first container that mounts it, which is the one all others wait for"
    made = re.search(r"install --directory --owner 10001 [^&]*?((?:\s/\S+)+)", dockerfile())
    assert made
    assert set(first.values()) <= set(made[1].split())


def dockerfile() -> str:
    return (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")


def test_runs_and_prometheus_see_the_same_rules_and_targets():
    run, prometheus = ({mount.source: mount.target for mount in mounts(name)} for name in ("loadgen", "prometheus"))
    standing = load(REPOSITORY / run_state(), Standing)
    assert (run["runs"], run["targets"]) == (f"{standing.folder}/runs", f"{standing.folder}/targets")
    assert (prometheus["runs"], prometheus["targets"]) == ("/etc/prometheus/runs", "/etc/prometheus/targets")


def run_state() -> str:
    return next(mount.source for mount in mounts("loadgen") if mount.target == "/var/lib/loadgen/stack.json")


def test_the_state_that_a_run_finds_is_the_stacks():
    standing = load(REPOSITORY / run_state(), Standing)
    assert (standing.kind, standing.processes) == (KIND, ())
    published = {f"http://127.0.0.1:{port.split(':')[1]}" for port in SERVICES["network"]["ports"]}
    assert {standing.prometheus, standing.alertmanager, standing.grafana} == published


def test_a_compose_stack_has_the_ports_of_a_native_one():
    ports = StackPorts()
    exporters = json.loads((REPOSITORY / "containers/targets/exporters.json").read_bytes())
    assert {group["labels"]["job"]: group["targets"] for group in exporters} == {
        name: [f"127.0.0.1:{getattr(ports, name)}"] for name in ("host", "gpu", "dbpool")
    }
    for name in ("host", "gpu", "dbpool"):
        command = SERVICES[f"{name}-exporter"]["command"]
        assert command[0] == name
        assert f"--listen=127.0.0.1:{getattr(ports, name)}" in command
    assert f"127.0.0.1:{ports.alertlog}" in SERVICES["alertlog"]["command"]
    alertmanagers = json.loads((REPOSITORY / "containers/targets/alertmanager/alertmanager.json").read_bytes())
    assert alertmanagers == [{"targets": [f"127.0.0.1:{ports.alertmanager}"]}]
    notified = (REPOSITORY / "alerts/alertmanager.yml").read_text()
    assert f"http://127.0.0.1:{ports.alertlog}/alerts" in notified


def test_prometheus_has_the_settings_of_a_native_one():
    config = load_config(CONFIG)
    command = SERVICES["prometheus"]["command"]
    assert f"--storage.tsdb.retention.time={config.prometheus.retention}" in command
    lookback = duration((config.validity.scrape_gap_intervals + 2) * config.prometheus.scrape_interval)
    assert f"--query.lookback-delta={lookback}" in command


def test_the_host_exporter_counts_the_processes_that_the_target_june_names():
    told = {word.removeprefix("--group=") for word in SERVICES["host-exporter"]["command"] if "--group=" in word}
    june = load_config(CONFIG).targets["june"].measure.processes
    assert {f"{name}:cmdline={group.cmdline}" for name, group in june.items()} <= told


def test_the_exporters_are_told_what_the_target_for_the_stand_in_of_the_stack_counts_on():
    ports, target = StackPorts(), load_config(CONFIG).targets["sim-stack"]
    assert (target.measure.host, target.measure.dbpool) == (
        (f"127.0.0.1:{ports.host}",),
        (f"127.0.0.1:{ports.dbpool}",),
    )
    groups = {word.removeprefix("--group=").partition(":")[0] for word in SERVICES["host-exporter"]["command"]}
    assert target.measure.processes.keys() == {"sim", "postgres", "pgbouncer"} <= groups
    assert target.rest == "http://127.0.0.1:8000"
    assert target.measure.scrape["june"].address == "127.0.0.1:8000"


def test_a_run_on_the_stand_in_of_the_stack_sees_its_pool_and_its_processes():
    plan = compile_plan(load_config(CONFIG), RunRequest(target="sim-stack"), now_id="1")
    kinds = {kind.kind: kind for kind in measured_kinds(plan)}
    assert {"pgbouncer_pool", "process_cpu", "service_slots"} <= kinds.keys()
    assert 'job="dbpool"' in (kinds["pgbouncer_pool"].use(plan) or "")
    use = kinds["process_cpu"].use(plan) or ""
    assert [name for name in ("sim", "postgres", "pgbouncer") if name not in use] == []


def test_grafana_is_read_only_for_everyone_who_has_no_password_and_has_no_usual_one():
    told = SERVICES["grafana"]["environment"]
    assert told["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert told["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert told["GF_SECURITY_ADMIN_PASSWORD__FILE"] in secrets_of("grafana")
    assert told["GF_SECURITY_SECRET_KEY__FILE"] in secrets_of("grafana")


def test_grafana_is_provisioned_with_the_committed_dashboards_and_they_stay_as_they_are():
    told, there = SERVICES["grafana"]["environment"], {mount.target: mount.source for mount in mounts("grafana")}
    assert there[told["LOADGEN_DASHBOARDS"]] == "./grafana/dashboards"
    folder = REPOSITORY / "grafana/provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards/dashboards.yml").read_text())["providers"]
    assert provider["options"]["path"] == "$LOADGEN_DASHBOARDS"
    assert (provider["allowUiUpdates"], provider["disableDeletion"]) == (False, True)
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["uid"], source["url"], source["editable"]) == ("june-prometheus", "$LOADGEN_PROMETHEUS_URL", False)
    assert source["jsonData"]["timeInterval"] == duration(load_config(CONFIG).prometheus.scrape_interval)
    assert {there[f"/etc/grafana/provisioning/{kind}"] for kind in ("datasources", "dashboards")} == {
        "./grafana/provisioning/datasources",
        "./grafana/provisioning/dashboards",
    }


def test_grafana_begins_with_a_dashboard_that_exists():
    path = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (REPOSITORY / "grafana/dashboards" / Path(path).name).is_file()


def test_every_secret_is_a_file_that_the_script_makes_and_somebody_needs():
    made = {*secrets_for_stack.PASSWORDS, *secrets_for_stack.DERIVED}
    files = {name: block["file"] for name, block in COMPOSE["secrets"].items()}
    assert all(file.startswith(SECRETS_FOLDER) for file in files.values())
    assert {file.removeprefix(SECRETS_FOLDER) for file in files.values()} <= made
    assert {name for service in SERVICES for name in secrets_of(service).values()} == {
        file.removeprefix(SECRETS_FOLDER) for file in files.values()
    }


@each_service
def test_no_password_stands_in_the_file(service: str):
    it = SERVICES[service]
    words = [*it.get("command", ()), *it.get("entrypoint", ()), *it.get("environment", {}).values()]
    assert not [word for word in map(str, words) if re.search(r"://[^/\s]*:[^/\s]*@", word)]
    named = [key for key in it.get("environment", {}) if re.search("PASSWORD|SECRET|TOKEN|KEY|DSN", key)]
    assert [key for key in named if not str(it["environment"][key]).startswith("/run/secrets/")] == []
    for path in [*it.get("environment", {}).values(), *it.get("command", ())]:
        for file in re.findall(r"/run/secrets/\w+", str(path)):
            assert file in secrets_of(service), file


def test_the_databases_are_those_of_a_native_run():
    pooler = (REPOSITORY / "containers/pgbouncer.ini").read_text()
    native = databases._POOLER.format(
        database=databases.DATABASE, server_port=5432, pooler_port=6432, folder="/run/secrets", pool_size=20,
        clients=databases.POOLER_CLIENTS, stats=databases.STATS,
    ).replace("/run/secrets/users.txt", "/run/secrets/pgbouncer_users")  # fmt: skip
    assert settings(pooler) == settings(native)


def settings(ini: str) -> list[str]:
    return [line.strip() for line in ini.splitlines() if line.strip() and not line.startswith(";")]
