"""A native Grafana has no password that anybody could guess, and shows everybody on this machine the dashboards."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from loadgen.run.errors import EnvironmentFault
from loadgen.stack import grafana
from tests.e2e.harness import ROOT

PORT, PROMETHEUS = 3000, "http://127.0.0.1:9090"


def environment(folder: Path, **variables: str) -> dict[str, str]:
    return grafana.grafana_environment(variables, folder, PORT, PROMETHEUS)


def test_the_password_is_random_ours_alone_and_made_once(tmp_path: Path):
    passwords = []
    for folder in (tmp_path / "a", tmp_path / "b", tmp_path / "a"):
        grafana.make_password(folder)
        file = grafana.password_file(folder)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        passwords.append(file.read_text())
    assert passwords[0] == passwords[2] != passwords[1]
    assert len(passwords[0]) >= 32


def test_the_password_stands_in_no_variable(tmp_path: Path):
    grafana.make_password(tmp_path)
    password = grafana.password_file(tmp_path).read_text()
    assert all(password not in value for value in environment(tmp_path).values())


def test_whoever_looks_may_look_and_no_more_and_only_from_here(tmp_path: Path):
    found = environment(tmp_path)
    assert (found["GF_AUTH_ANONYMOUS_ENABLED"], found["GF_AUTH_ANONYMOUS_ORG_ROLE"]) == ("true", "Viewer")
    assert found["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"


def test_settings_of_somebodys_own_grafana_do_not_reach_it(tmp_path: Path):
    found = environment(tmp_path, GF_SERVER_HTTP_ADDR="0.0.0.0", GF_INSTALL_PLUGINS="x", LANG="C")
    assert found["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert "GF_INSTALL_PLUGINS" not in found
    assert found["LANG"] == "C"


def test_it_finds_what_is_provisioned(tmp_path: Path):
    found = environment(tmp_path)
    texts = [path.read_text() for path in Path(found["GF_PATHS_PROVISIONING"]).rglob("*.y*ml")]
    named = {name for name in ("LOADGEN_PROMETHEUS_URL", "LOADGEN_DASHBOARDS") if any(f"${name}" in t for t in texts)}
    assert named == {"LOADGEN_PROMETHEUS_URL", "LOADGEN_DASHBOARDS"} <= found.keys()
    assert Path(found["LOADGEN_DASHBOARDS"]) == ROOT / "grafana/dashboards"


@pytest.mark.parametrize("name, server", [("grafana", ["server"]), ("grafana-server", [])])
def test_both_programs_are_told_where_their_files_are(tmp_path: Path, name: str, server: list[str]):
    program = tmp_path / "bin" / name
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/defaults.ini").touch()
    assert list(grafana.grafana_command(program)) == [str(program), *server, "--homepath", str(tmp_path)]


def test_one_without_its_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grafana, "HOMES", ())
    with pytest.raises(EnvironmentFault, match=r"conf/defaults\.ini"):
        grafana.grafana_command(tmp_path / "bin/grafana")
