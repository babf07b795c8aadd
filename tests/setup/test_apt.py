"""Debian packages come in without a question and without a daemon.

apt-get and systemctl are stand-ins here, since a test must not change the machine.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from scripts import apt

FAKE_APT = """#!/bin/sh
echo "$@" >> {log}
test -x {policy} && echo "guarded by: $({policy}; echo $?)" >> {log}
echo "DEBIAN_FRONTEND=$DEBIAN_FRONTEND RUNLEVEL=$RUNLEVEL" >> {log}
{then}
"""


class Machine:
    """A machine whose apt-get writes down what it is asked, and whose policy is a file of the test."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.policy = folder / "policy-rc.d"
        self.path = folder / "bin"
        self.path.mkdir()

    def has(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o755)

    def apt_get(self, then: str) -> None:
        self.has("apt-get", FAKE_APT.format(log=self.log, policy=self.policy, then=then))

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{machine.path}:/usr/bin:/bin")
    monkeypatch.setattr(apt, "POLICY", machine.policy)
    monkeypatch.setattr(apt, "root_prefix", list)
    monkeypatch.setattr(apt, "INIT_SCRIPTS", tmp_path / "init.d")
    monkeypatch.setattr(apt, "SYSTEMD", tmp_path)
    machine.has("systemctl", f'#!/bin/sh\necho "systemctl $@" >> {machine.log}\ntest "$1" != cat\n')
    return machine


def test_a_package_is_installed_without_a_question_and_without_recommended_ones(machine: Machine):
    machine.apt_get("exit 0")
    apt.install("some-package")
    assert machine.asked[0].startswith("install -y -q --no-install-recommends")
    assert machine.asked[0].endswith(" some-package")
    assert machine.asked[2] == "DEBIAN_FRONTEND=noninteractive RUNLEVEL=1"


def test_no_daemon_may_start_meanwhile_and_afterwards_the_guard_is_gone(machine: Machine):
    machine.apt_get("exit 0")
    apt.install("some-package")
    assert machine.asked[1] == "guarded by: 101"
    assert not machine.policy.exists()


def test_the_guard_goes_too_when_the_installation_fails(machine: Machine):
    machine.apt_get("exit 1")
    with pytest.raises(apt.NotInstalled):
        apt.install("some-package")
    assert not machine.policy.exists()


def test_a_policy_that_is_there_already_stays_as_it_is(machine: Machine):
    machine.apt_get("exit 0")
    machine.policy.write_text("#!/bin/sh\nexit 42\n")
    machine.policy.chmod(0o755)
    apt.install("some-package")
    assert machine.asked[1] == "guarded by: 42"
    assert machine.policy.read_text() == "#!/bin/sh\nexit 42\n"


def test_a_guard_that_was_left_behind_is_removed(machine: Machine):
    machine.apt_get("exit 0")
    machine.policy.write_text(apt.POLICY_TEXT)
    apt.install("some-package")
    assert not machine.policy.exists()


def test_a_sigterm_waits_until_the_installation_is_done_and_the_guard_is_gone(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    ended: list[bool] = []
    monkeypatch.setattr(signal, "raise_signal", lambda _number: ended.append(machine.policy.exists()))
    machine.apt_get(f"kill -TERM {os.getpid()}; exit 0")
    apt.install("some-package")
    assert ended == [False]


def test_a_file_that_the_package_must_find_is_there_meanwhile_and_only_then(machine: Machine, tmp_path: Path):
    file = tmp_path / "etc/deep/said.conf"
    machine.apt_get(f"cat {file} >> {machine.log}; exit 1")
    with pytest.raises(apt.NotInstalled):
        apt.install("some-package", meanwhile={file: "no = cluster\n"})
    assert "no = cluster" in machine.asked
    assert not file.exists()


def test_package_lists_are_fetched_only_when_the_first_try_fails(machine: Machine):
    machine.apt_get(
        f'test "$1" = update && touch {machine.log}.fresh; test "$1" = update || test -e {machine.log}.fresh'
    )
    apt.install("some-package")
    asked = [line.split()[0] for line in machine.asked if not line.startswith(("guarded", "DEBIAN"))]
    assert asked == ["install", "update", "install"]


def test_a_failure_says_in_apts_own_words_why(machine: Machine):
    machine.apt_get("echo 'Reading package lists...'; echo 'E: Unable to locate package some-package' >&2; exit 100")
    with pytest.raises(
        apt.NotInstalled, match=r"apt-get install some-package: E: Unable to locate package some-package$"
    ):
        apt.install("some-package")


def test_a_user_who_may_not_install_is_told_so_and_nothing_is_tried(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    machine.apt_get("exit 0")
    monkeypatch.setattr(apt, "root_prefix", lambda: None)
    with pytest.raises(apt.NotInstalled, match="neither root nor sudo"):
        apt.install("some-package")
    assert machine.asked == []


def test_a_service_that_came_with_the_package_is_disabled_and_stopped(machine: Machine):
    machine.apt_get("exit 0")
    apt.install("prometheus", service="prometheus")
    assert machine.asked[-1] == "systemctl disable --now prometheus"


def test_a_service_that_systemd_knew_before_is_left_alone(machine: Machine):
    machine.apt_get("exit 0")
    machine.has("systemctl", f'#!/bin/sh\necho "systemctl $@" >> {machine.log}\n')
    apt.install("prometheus", service="prometheus")
    assert [line for line in machine.asked if line.startswith("systemctl")] == ["systemctl cat prometheus"]


def test_a_service_with_an_init_script_from_before_is_left_alone(machine: Machine, tmp_path: Path):
    machine.apt_get("exit 0")
    (tmp_path / "init.d").mkdir()
    (tmp_path / "init.d/prometheus").touch()
    apt.install("prometheus", service="prometheus")
    assert not [line for line in machine.asked if line.startswith("systemctl")]


def test_a_machine_without_apt_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(apt.NotInstalled, match="no apt-get"):
        apt.install("some-package")


@pytest.mark.parametrize("code, expected", [(0, True), (1, False)])
def test_sudo_is_used_only_where_it_asks_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: bool
):
    sudo = tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\ntest "$1" = -n || exit 9\nexit {code}\n')
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert apt.root_prefix() == ([str(sudo), "-n"] if expected else None)


def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert apt.root_prefix() == []
