"""What the kernel's files say, over processes that never were: the golden text, pids that come again, cgroups."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from exporters.core.exposition import family, text
from exporters.host.processes_books import Book, Used
from exporters.host.processes_cgroup import cgroup_pids, parse_cpu_max, quota
from exporters.host.processes_proc import Identity, descriptors, parse_soft_limit, parse_stat
from tests.exporters.host.groups import Groups, fake_machine, fake_process

GOLDEN = Path(__file__).parent / "golden" / "processes.txt"


def test_the_text_is_the_golden_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Dashboards and rules build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters."""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_123.25)
    roots = fake_machine(tmp_path)
    groups = Groups("gateway:cgroup=june", 'none:cmdline=no "such" thing', roots=roots)
    groups.scrape()
    fake_process(roots.proc, 100, start=3000)
    fake_process(roots.proc, 101, start=4000, parent=100)
    groups.scrape()
    fake_process(roots.proc, 101, start=4000, parent=100, ticks=450)
    groups.rested()
    shown = text(found for each in groups.collector.collect(time.monotonic() + 5) if (found := family(each))).decode()
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(shown)
    assert shown == GOLDEN.read_text()


def test_a_name_may_hold_parentheses_and_blanks():
    words = ["S", "7", *["0"] * 9, "250", "50", "0", "0", "20", "0", "3", "0", "9000", "4096", "2"]
    seen = parse_stat(f"12 (a) S 1 (b) {' '.join(words)}\n".encode())
    assert (seen.comm, seen.state, seen.parent, seen.threads, seen.start) == ("a) S 1 (b", "S", 7, 3, 9000)


def test_a_kernel_whose_folder_of_descriptors_has_no_size_is_asked_for_their_names(monkeypatch: pytest.MonkeyPatch):
    known = descriptors(Path("/proc"), os.getpid())
    monkeypatch.setattr(os, "stat", lambda _: SimpleNamespace(st_size=0))
    assert abs(descriptors(Path("/proc"), os.getpid()) - known) <= 1
    assert known > 2


@pytest.mark.parametrize("word, expected", [("1024", 1024), ("unlimited", None)])
def test_a_soft_limit_is_a_number_or_none(word: str, expected: int | None):
    assert (
        parse_soft_limit(f"Max open files            {word}                 20000                files\n".encode())
        == expected
    )


@pytest.mark.parametrize("content, cores", [("150000 100000\n", 1.5), ("max 100000\n", None)])
def test_cpu_max_is_a_quota_in_cores(content: str, cores: float | None):
    assert parse_cpu_max(content) == cores


def test_a_pid_that_came_again_is_another_process(tmp_path: Path):
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000, ticks=1000)
    groups = Groups("june:cgroup=june", roots=roots)
    groups.scrape()
    fake_process(roots.proc, 100, start=3000, ticks=1100)
    before = groups.values()
    fake_process(roots.proc, 100, start=9000, ticks=5)
    after = groups.values()
    assert after["num_procs", "june"] == 1
    cpu = ("cpu_seconds_total", "june", "user")
    assert before[cpu] == 1.0
    assert after[cpu] == 1.0, "the new one's counter began below the old one's, and the group's did not go down"
    assert after["restarts_total", "june"] == 1


def test_a_pid_that_was_in_no_group_is_looked_at_again_when_it_comes_again(tmp_path: Path):
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000, name="other")
    groups = Groups("june:name=june", roots=roots)
    assert groups.values()["num_procs", "june"] == 0
    fake_process(roots.proc, 100, start=9000, name="june")
    assert groups.values()["num_procs", "june"] == 1


@pytest.mark.parametrize("words", ["name=june", "cmdline=june", "pid_file={}", "cgroup=june"])
def test_where_processes_are_hidden_an_empty_group_is_not_shown_as_empty(
    tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
):
    roots = fake_machine(tmp_path)
    (tmp_path / "june.pid").write_text("100\n")
    assert Groups(f"june:{words.format(tmp_path / 'june.pid')}", roots=roots).values()["num_procs", "june"] == 0
    assert capsys.readouterr().err == ""
    (roots.proc / "1/stat").unlink()
    groups = Groups(f"june:{words.format(tmp_path / 'june.pid')}", roots=roots)
    assert groups.values() == groups.values() == {}
    assert capsys.readouterr().err.count("hidepid") == 1
    fake_process(roots.proc, 100, start=3000, name="june")
    os.utime(tmp_path / "june.pid", (1_700_000_100, 1_700_000_100))
    assert groups.values()["num_procs", "june"] == 1, "one of our own is seen"


def test_a_process_whose_memory_takes_long_to_walk_through_holds_no_scrape_up(tmp_path: Path):
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000)
    slow = roots.proc / "100/smaps_rollup"
    slow.unlink()
    os.mkfifo(slow)
    groups, key = Groups("june:cgroup=june", roots=roots), ("memory_bytes", "june", "proportionalResident")
    before = threading.active_count()
    for _ in range(3):
        found = groups.scrape()
        assert threading.active_count() == before + 1
        assert ("memory_bytes", "june", "resident") in found
        assert key not in found
    slow.write_text("Pss: 7 kB\nSwapPss: 0 kB\n")
    assert groups.rested()[key].value == 7 * 1024


def test_all_groups_whose_proportional_memory_is_due_are_read_and_all_together_have_one_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    now, spent = [1000.0], [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "thread_time", lambda: spent[0])
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000 + now[0])
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000)
    groups = Groups(*(f"g{number}:cgroup=june" for number in range(10)), roots=roots)

    def read_at() -> set[float]:
        found = groups.rested()
        return {found["memory_bytes", f"g{n}", "proportionalResident"].timestamp - 1_700_000_000 for n in range(10)}

    spent[0] = 0.5
    assert read_at() == {1000.0}
    now[0] = 1000 + 99  # half a second of a core is two hundred times as long at half a per cent
    assert read_at() == {1000.0}
    now[0], spent[0] = 1000 + 101, 0.001
    assert read_at() == {1101.0}
    now[0] = 1101 + 31
    assert read_at() == {1132.0}


@pytest.mark.parametrize("file", ["stat", "status", "io", "limits", "cgroup", "fd"])
def test_a_process_that_ends_while_it_is_read_has_ended(tmp_path: Path, file: str):
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000)
    fake_process(roots.proc, 101, start=3000)
    groups = Groups("june:cgroup=june", roots=roots)
    if file in ("stat", "status", "io", "fd"):
        groups.scrape()
    (roots.proc / "101" / file).unlink()
    found = groups.values()
    assert found["num_procs", "june"] == 1
    assert found["memory_bytes", "june", "resident"] > 0


def test_a_file_cut_short_by_the_end_of_its_process_is_its_end(tmp_path: Path):
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000)
    (roots.proc / "100/status").write_text("Name:\tjune\n")
    assert Groups("june:cgroup=june", roots=roots).values()["num_procs", "june"] == 0


def test_a_cgroup_holds_those_below_it_and_no_neighbour_of_a_like_name(tmp_path: Path):
    roots = fake_machine(tmp_path)
    neighbour = roots.sys / "fs/cgroup/june-too"
    neighbour.mkdir()
    (neighbour / "cgroup.procs").write_text("400\n")
    assert cgroup_pids(roots.sys, "/june/") == {100, 101}
    assert cgroup_pids(roots.sys, "june/gateway") == {100, 101}
    assert cgroup_pids(roots.sys, "/") == {100, 101, 300, 400}
    assert cgroup_pids(roots.sys, "nowhere") == set()


def test_the_tightest_quota_above_a_process_holds(tmp_path: Path):
    roots = fake_machine(tmp_path)
    fake_process(roots.proc, 100, start=3000)
    assert quota(roots.proc, roots.sys, 100) == (str(roots.sys / "fs/cgroup/june"), 1.5)
    (roots.sys / "fs/cgroup/june/gateway/cpu.max").write_text("50000 100000\n")
    assert quota(roots.proc, roots.sys, 100) == (str(roots.sys / "fs/cgroup/june/gateway"), 0.5)
    (roots.proc / "100/cgroup").write_text("0::/other\n")
    assert quota(roots.proc, roots.sys, 100) is None


def test_processes_under_one_quota_share_it_and_one_without_may_use_all(tmp_path: Path):
    roots = fake_machine(tmp_path)
    (roots.sys / "fs/cgroup/june/gateway/cgroup.procs").write_text("100\n101\n102\n")
    for pid in (100, 101):
        fake_process(roots.proc, pid, start=3000)
    limit = ("cpu_limit_cores", "june")
    assert Groups("june:cgroup=june", roots=roots).values()[limit] == 1.5
    fake_process(roots.proc, 102, start=3000)
    (roots.proc / "102/cgroup").write_text("0::/other\n")
    assert Groups("june:cgroup=june", roots=roots).values()[limit] == 4


def used(cpu: int, read: int | None = 0) -> Used:
    return Used(cpu, 0, 0, 0, read, read)


ONE, TWO, THREE = Identity(1, 1), Identity(2, 2), Identity(3, 3)


def test_a_field_that_one_process_hides_is_hidden_for_the_group_until_it_is_gone():
    book = Book()
    book.enter({ONE: used(0, 0), TWO: used(0, None)}, newborn={ONE, TWO})
    assert book.enter({ONE: used(5, 50), TWO: used(1, None)}, newborn=()).read is None
    after = book.enter({ONE: used(6, 60)}, newborn=())
    assert (after.user, after.read) == (7, 60)


def test_a_counter_of_a_process_that_steps_back_holds():
    book = Book()
    book.enter({ONE: used(0)}, newborn=())
    assert [book.enter({ONE: used(value)}, newborn=()).user for value in (3, 2, 4)] == [3, 3, 4]


def test_a_sum_is_the_same_in_whatever_order_its_processes_end():
    """In floating point 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1, and the least step back is a reset to Prometheus."""
    book, here = Book(), {ONE: used(10), TWO: used(20), THREE: used(30)}
    sums = [book.enter(dict(here), newborn=here).user]
    for ended in (THREE, ONE, TWO):
        del here[ended]
        sums.append(book.enter(dict(here), newborn=()).user)
    assert sums == [60] * 4
    assert all(type(value) is int for value in sums)


def test_a_worker_that_lost_its_parent_is_no_restart():
    book = Book()
    book.follow(roots=[ONE], before=[], now=1)
    book.follow(roots=[TWO], before=[ONE, TWO], now=2)
    assert book.restarts == 0
    book.follow(roots=[TWO, THREE], before=[TWO], now=3)
    assert book.restarts == 1


@pytest.mark.parametrize("later, restarts", [(299, 1), (301, 0)])
def test_a_place_that_stays_free_for_five_minutes_is_one_less_and_the_next_process_one_more(later: int, restarts: int):
    book = Book()
    book.follow(roots=[ONE, TWO], before=[], now=0)
    book.follow(roots=[TWO], before=[ONE, TWO], now=10)
    book.follow(roots=[TWO, THREE], before=[TWO], now=10 + later)
    assert book.restarts == restarts
