"""Process groups over real processes that are really started and killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.core.errors import UsageFault
from exporters.host.processes import collector
from exporters.host.processes_groups import parse_group
from tests.exporter_process import ask, run_exporter, start_exporter
from tests.exporters.host.groups import Groups, end, named, program
from tests.waiting import wait_until

BURN = "import time\nwhile time.process_time() < {}: pass"


@pytest.mark.parametrize(
    "words, says",
    [
        ("june", "NAME:KIND=VALUE"),
        ("june:name", "NAME:KIND=VALUE"),
        (":name=x", "NAME:KIND=VALUE"),
        ("june:name=", "NAME:KIND=VALUE"),
        ("june:colour=red", "'colour'"),
        ("june:cmdline=(a", "does not compile: missing )"),
        ("june:cgroup=../x", "without '..'"),
        ("june:cmdline=a{99999999999999}", "does not compile"),
        (f"june:cmdline={'(' * 3000}", "does not compile"),
        ("june:cmdline= (a+)+$", "a repetition is repeated"),
        ("june:cmdline=(?:x|([a-z]+ )*?){2,}", "a repetition is repeated"),
    ],
)
def test_a_group_that_cannot_be_is_refused_with_its_own_words(words: str, says: str):
    with pytest.raises(UsageFault) as fault:
        parse_group(words)
    assert words in str(fault.value)
    assert says in str(fault.value)


@pytest.mark.parametrize("group", ["june:cmdline=[", "june:colour=red"])
def test_the_exporter_ends_with_3_and_one_line_for_such_a_group(group: str):
    ended = run_exporter("host", "--listen", "127.0.0.1:0", "--group", group)
    assert (ended.returncode, ended.stderr.count("\n"), ended.stdout) == (3, 1, "")
    assert group in ended.stderr


@pytest.mark.parametrize("pattern", ["uvicorn.*gateway", r"(\w+ ){2,5}", "(a|b)+ c*", "(a+b){3}"])
def test_a_pattern_that_repeats_once_is_taken(pattern: str):
    assert parse_group(f"june:cmdline={pattern}").pattern == re.compile(pattern)


@pytest.mark.filterwarnings("error")
def test_what_python_thinks_of_the_future_of_a_pattern_is_not_said():
    assert parse_group("june:cmdline=[[a]").chooses("-", "x[y")


def test_a_name_that_is_no_utf8_is_a_name_as_well(tmp_path: Path):
    name = os.fsdecode(b"june-\xff")
    assert "Error" not in run_exporter("host", "--listen", "9", "--group", f"a:name={name}").stderr
    with program("", str(tmp_path), os.fsdecode(b"-\xfe"), executable=named(tmp_path, name)):
        found = Groups(f"a:name={name}", os.fsdecode(b"b:cmdline=" + bytes(tmp_path) + b" -\xfe$")).values()
    assert (found["num_procs", "a"], found["num_procs", "b"]) == (1, 1)


def test_only_the_beginning_of_a_command_line_is_searched(tmp_path: Path):
    groups = Groups(f"begin:cmdline={tmp_path}", f"end:cmdline={tmp_path}.*the-end")
    with program("", str(tmp_path), "x" * 5000, "the-end"):
        found = groups.values()
    assert (found["num_procs", "begin"], found["num_procs", "end"]) == (1, 0)


def test_two_groups_of_one_name_are_refused():
    with pytest.raises(UsageFault, match="'june'"):
        collector(type("Options", (), {"group": [parse_group("june:name=a"), parse_group("june:name=b")]}))


def test_a_group_without_a_process_shows_that_and_no_gauges_of_nothing():
    found = Groups("june:name=no-such-thing").values()
    assert found["num_procs", "june"] == 0
    assert found["cpu_seconds_total", "june", "user"] == 0
    assert {key[0] for key in found} == {
        "num_procs",
        "restarts_total",
        "cpu_seconds_total",
        "context_switches_total",
        "read_bytes_total",
        "write_bytes_total",
    }


def test_a_name_is_matched_whole_as_far_as_the_kernel_keeps_it(tmp_path: Path):
    long = "june-gateway-server"
    groups = Groups(f"long:name={long}", "part:name=june-gateway")
    with program(executable=named(tmp_path, long)):
        found = groups.values()
    assert (found["num_procs", "long"], found["num_procs", "part"]) == (1, 0)


def test_a_command_line_is_searched_and_a_process_may_be_in_several_groups(tmp_path: Path):
    mark = str(tmp_path)
    groups = Groups(f"a:cmdline={mark} --port \\d+$", f"b:cmdline={mark}")
    with program("", mark, "--port", "8000"), program("", mark, "--port", "none"):
        found = groups.values()
    assert (found["num_procs", "a"], found["num_procs", "b"]) == (1, 2)


def test_an_exporter_does_not_count_itself_or_what_started_it(tmp_path: Path):
    group = f"june:cmdline={tmp_path}"
    words = f"{sys.executable} -m exporters host --listen 127.0.0.1:0 --collect processes --group {group}; true"
    shell = subprocess.Popen(["sh", "-c", words], stdout=subprocess.PIPE, text=True)
    try:
        assert shell.stdout is not None
        port = int(shell.stdout.readline().rpartition(":")[2])
        assert 'num_procs{groupname="june"} 0' in ask(port).text
        with program("", str(tmp_path)):
            assert 'num_procs{groupname="june"} 1' in ask(port).text
    finally:
        for pid in children_of(shell.pid):
            os.kill(pid, 15)
        shell.communicate()


def cpu_seconds(found: dict[tuple[str, ...], float]) -> float:
    return sum(found["cpu_seconds_total", "june", mode] for mode in ("user", "system"))


def test_counters_never_go_down_when_a_process_ends(tmp_path: Path):
    groups, mark = Groups(f"june:cmdline={tmp_path}"), str(tmp_path)
    groups.scrape()
    with program(BURN.format(0.2), mark):
        one = groups.values()
    none = groups.values()
    with program(BURN.format(0.2), mark):
        two = groups.values()
    assert cpu_seconds(one) >= 0.15
    assert (none["num_procs", "june"], cpu_seconds(none)) == (0, cpu_seconds(one))
    assert cpu_seconds(two) >= cpu_seconds(none) + 0.15


def test_what_a_process_used_before_it_came_into_the_group_is_not_counted(tmp_path: Path):
    file = tmp_path / "june.pid"
    groups = Groups(f"june:pid_file={file}")
    with program(BURN.format(0.3)) as process:
        assert groups.values()["num_procs", "june"] == 0
        file.write_text(f"{process.pid}\n")
        found = groups.values()
    assert found["num_procs", "june"] == 1
    assert cpu_seconds(found) < 0.1


def test_a_restart_is_counted_and_one_more_process_is_none(tmp_path: Path):
    groups, mark = Groups(f"june:cmdline={tmp_path}"), str(tmp_path)
    restarts = ("restarts_total", "june")
    with program("", mark) as first, program("", mark):
        assert groups.values()[restarts] == 0
        end(first)
        assert groups.values()[restarts] == 0
        with program("", mark):
            assert groups.values()[restarts] == 1
            with program("", mark):
                found = groups.values()
    assert (found[restarts], found["num_procs", "june"]) == (1, 3)


FORKS = """
import os, sys, time
def child():
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    return pid
"""


def test_a_servers_workers_may_come_and_go_without_a_restart(tmp_path: Path):
    """The children have their parent's command line, so all of them match."""
    serve = (
        FORKS + "pid = child()\nprint(pid, flush=True)\nsys.stdin.readline()\nos.kill(pid, 9); os.wait(); pid = child()"
    )
    serve += "\nprint(pid, flush=True)\nsys.stdin.readline()\nos.kill(pid, 9)"
    groups = Groups(f"june:cmdline={tmp_path}")
    command = [sys.executable, "-c", serve, str(tmp_path)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdout.readline()
    before = groups.values()
    server.stdin.write("\n")
    server.stdin.flush()
    server.stdout.readline()
    after = groups.values()
    server.communicate("\n")
    assert before["num_procs", "june"] == after["num_procs", "june"] == 2
    assert after["restarts_total", "june"] == 0


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_pid_file_means_the_process_and_all_its_descendants(tmp_path: Path):
    file = tmp_path / "june.pid"
    groups = Groups(f"june:pid_file={file}")
    assert groups.values()["num_procs", "june"] == 0
    child = "import subprocess; subprocess.run(['sleep', '60'])"
    tree = "import os, subprocess, sys\n"
    tree += f"subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.DEVNULL, start_new_session=True)"
    with program(tree) as process:
        file.write_text(f"{process.pid}\n/var/lib/june\n8000\n")
        wait_until(lambda: groups.values()["num_procs", "june"] == 3, 10, "the process, its child, and its child's")
        (below,) = children_of(process.pid)
        for pid in (*children_of(below), below):
            os.kill(pid, 9)
        wait_until(lambda: groups.values()["num_procs", "june"] == 1, 10, "the process alone")
    found = groups.values()
    assert (found["num_procs", "june"], found["restarts_total", "june"]) == (0, 0)


def test_a_pid_file_may_name_several_processes(tmp_path: Path):
    file = tmp_path / "workers.pid"
    with program() as one, program() as two:
        file.write_text(f"{one.pid}\n{two.pid}\n")
        assert Groups(f"june:pid_file={file}").values()["num_procs", "june"] == 2


def test_another_process_in_the_pid_file_is_a_restart(tmp_path: Path):
    file = tmp_path / "june.pid"
    groups = Groups(f"june:pid_file={file}")
    for expected in (0, 1):
        with program() as process:
            file.write_text(str(process.pid))
            assert groups.values()["restarts_total", "june"] == expected


def test_a_pid_file_from_before_the_process_is_stale_and_means_nobody(tmp_path: Path):
    file = tmp_path / "june.pid"
    with program() as process:
        file.write_text(str(process.pid))
        os.utime(file, (1_000_000_000, 1_000_000_000))
        assert Groups(f"june:pid_file={file}").values()["num_procs", "june"] == 0


def test_a_pid_file_that_is_a_pipe_means_nobody_and_holds_nobody_up(tmp_path: Path):
    os.mkfifo(tmp_path / "june.pid")
    assert Groups(f"june:pid_file={tmp_path / 'june.pid'}").values()["num_procs", "june"] == 0


@pytest.mark.parametrize("text", ["", "none\n", "4194305\n"])
def test_a_pid_file_without_a_living_process_is_an_empty_group(tmp_path: Path, text: str):
    file = tmp_path / "june.pid"
    file.write_text(text)
    assert Groups(f"june:pid_file={file}").values()["num_procs", "june"] == 0


def test_a_process_that_ended_and_was_not_missed_yet_does_not_live(tmp_path: Path):
    groups = Groups(f"june:cmdline={tmp_path}")
    with program("", str(tmp_path)) as process:
        assert groups.values()["num_procs", "june"] == 1
        os.kill(process.pid, 9)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert Path(f"/proc/{process.pid}").exists()
        assert groups.values()["num_procs", "june"] == 0


def test_a_process_whose_first_thread_has_ended_lives_as_long_as_another(tmp_path: Path):
    code = """
import ctypes, os, sys, threading
files = [open('/dev/null') for _ in range(40)]
ballast = bytearray(30_000_000)
def go_on():
    while open(f'/proc/{os.getpid()}/stat').read().rpartition(')')[2].split()[0] != 'Z':
        pass
    print('ready', flush=True)
    sys.stdin.read()
threading.Thread(target=go_on).start()
ctypes.CDLL(None).pthread_exit(None)
"""
    groups = Groups(f"june:name={'june-alive'}")
    with program(code, executable=named(tmp_path, "june-alive")):
        found = groups.values()
    assert (found["num_procs", "june"], found["num_threads", "june"]) == (1, 2)
    assert found["memory_bytes", "june", "resident"] > 30_000_000
    assert found["open_filedesc", "june"] >= 40
    assert groups.values()["num_procs", "june"] == 0


def test_a_process_that_becomes_another_program_leaves_the_group(tmp_path: Path):
    groups = Groups(f"june:cmdline={tmp_path}")
    become = "import os, sys; print('still', flush=True); sys.stdin.readline(); os.execvp('sleep', ['sleep', '60'])"
    command = [sys.executable, "-c", become, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        assert groups.values()["num_procs", "june"] == 1
        process.stdin.write("\n")
        process.stdin.flush()
        wait_until(lambda: groups.values()["num_procs", "june"] == 0, 10, "it is another program")
    finally:
        end(process)


def test_descriptors_threads_memory_and_the_start_are_those_of_the_process(tmp_path: Path):
    code = """
import resource, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
files = [open('/dev/null') for _ in range(47)]
threading.Thread(target=threading.Event().wait, daemon=True).start()
ballast = bytearray(30_000_000)
"""
    groups = Groups(f"june:cmdline={tmp_path}")
    with program(code, str(tmp_path)) as process:
        found = groups.values()
        opened = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        started = Path(f"/proc/{process.pid}").stat().st_mtime
    assert found["open_filedesc", "june"] == opened >= 50
    assert found["worst_fd_ratio", "june"] == pytest.approx(opened / 100)
    assert found["num_threads", "june"] == 2
    assert found["memory_bytes", "june", "resident"] > 30_000_000
    assert found["oldest_start_time_seconds", "june"] == pytest.approx(started, abs=5)


SHARES = """
import mmap, os, sys
shared = mmap.mmap(-1, 30_000_000)
shared[:] = bytes(len(shared))
if os.fork() == 0:
    print("forked", flush=True)
    sys.stdin.readline()
    shared[:] = bytes(len(shared))
    print("filled", flush=True)
    sys.stdin.readline()
    own = b"x" * 30_000_000
    print("grown", flush=True)
    sys.stdin.readline()
    os._exit(0)
os.wait()
"""


def test_memory_that_processes_share_is_resident_in_each_and_anonymous_in_none(tmp_path: Path):
    """As a PostgreSQL's buffers are; what one of them takes for itself is both."""
    groups = Groups(f"june:cmdline={tmp_path}")
    command = [sys.executable, "-c", SHARES, str(tmp_path)]
    sizes = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in ("forked", "filled", "grown"):
            assert process.stdout.readline() == f"{word}\n"
            found = groups.values()
            sizes.append([found["memory_bytes", "june", sort] for sort in ("resident", "anonymous")])
            process.stdin.write("\n")
            process.stdin.flush()
    (forked, filled, grown) = sizes
    assert filled[0] - forked[0] > 29_000_000
    assert filled[1] - forked[1] < 2_000_000
    assert grown[1] - filled[1] > 29_000_000


def test_proportional_memory_is_as_old_as_its_time_says(tmp_path: Path):
    groups = Groups(f"june:cmdline={tmp_path}")
    key = ("memory_bytes", "june", "proportionalResident")
    with program("", str(tmp_path)):
        first, second = groups.rested(), groups.rested()
        assert 0 < first[key].value <= first["memory_bytes", "june", "resident"].value
        assert (second[key].value, second[key].timestamp) == (first[key].value, first[key].timestamp)
        assert second["memory_bytes", "june", "resident"].timestamp is None
        groups.collector._proportional._due.clear()
        groups.collector._proportional._rested = 0.0
        assert groups.rested()[key].timestamp > first[key].timestamp
    assert key not in groups.rested()


def test_cores_are_those_that_the_processes_may_run_on(tmp_path: Path):
    groups = Groups(f"june:cmdline={tmp_path}")
    with program("import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])", str(tmp_path)):
        assert groups.values()["cpu_limit_cores", "june"] == 1
        with program("", str(tmp_path)):
            assert groups.values()["cpu_limit_cores", "june"] == len(os.sched_getaffinity(0))


@pytest.fixture
def stranger():
    """A process of somebody else, of which less may be read; and who asks is somebody without rights."""
    with program() as process:
        if os.geteuid() != 0:
            yield 1
            return
        os.seteuid(65534)
        try:
            yield process.pid
        finally:
            os.seteuid(0)


def test_what_may_not_be_read_is_left_out_and_no_0(stranger: int):
    # in a place that both may read
    file = Path(f"/tmp/june-stranger-{os.getpid()}.pid")
    file.write_text(f"{stranger}\n")
    try:
        found = {key: sample.value for key, sample in Groups(f"june:pid_file={file}").rested().items()}
    finally:
        file.unlink()
    assert found["num_procs", "june"] >= 1
    assert ("cpu_seconds_total", "june", "user") in found
    assert ("memory_bytes", "june", "resident") in found
    hidden = {"read_bytes_total", "write_bytes_total"}
    assert hidden & {key[0] for key in found} == set()
    assert ("memory_bytes", "june", "proportionalResident") not in found
    assert found.get(("open_filedesc", "june")) != 0


def test_the_exporter_serves_its_groups(tmp_path: Path):
    with (
        program("", str(tmp_path)),
        start_exporter("host", "--collect", "processes", "--group", f"june:cmdline={tmp_path}") as (_, port),
    ):
        text = ask(port).text
    assert 'namedprocess_namegroup_num_procs{groupname="june"} 1\n' in text
    assert 'node_scrape_collector_success{collector="processes"} 1\n' in text
