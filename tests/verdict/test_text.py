"""The summary as plain text: what stands in it steers no terminal and breaks no line."""

from __future__ import annotations

import pytest
from msgspec import structs

from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence
from loadgen.model.inert import inert, shortened
from loadgen.model.plan import Plan
from loadgen.report.rows import rows as rows_of
from loadgen.verdict.text import summary
from tests.hostile import HOSTILE
from tests.reports import failed_spike

RUN = failed_spike()

each_text = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def renamed(name: str) -> tuple[Plan, Evidence]:
    """The run with its operation `chat` called otherwise."""

    def new(old: str) -> str:
        return name if old == "chat" else old

    operations = tuple(structs.replace(o, name=new(o.name)) for o in RUN.plan.operations)
    tallies = tuple(structs.replace(t, name=new(t.name)) for t in RUN.evidence.tallies)
    return structs.replace(RUN.plan, operations=operations), structs.replace(RUN.evidence, tallies=tallies)


@each_text
def test_whatever_an_operation_or_an_error_is_called_the_summary_has_the_same_lines(text: str):
    plan, evidence = renamed(text)
    harmless = structs.replace(RUN.verdict, sentence="x", notes=("x",))
    said = structs.replace(RUN.verdict, sentence=text, notes=(text,))
    plain, found = summary(RUN.plan, RUN.evidence, harmless), summary(plan, evidence, said)
    assert len(found.split("\n")) == len(plain.split("\n"))
    assert all(line.isprintable() for line in found.split("\n"))
    found.encode()


@each_text
def test_what_can_be_read_stays_and_what_cannot_leaves_a_mark_of_the_same_length(text: str):
    line = inert(text)
    assert len(line) == len(text)
    assert all(new == old for new, old in zip(line, text, strict=True) if old.isprintable())
    assert line.isprintable()


def test_a_text_that_is_cut_ends_with_an_ellipsis_and_is_as_long_as_it_may():
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde…"


def test_the_operations_are_counted_in_the_judged_phases_alone_and_the_heading_says_which():
    lines = summary(RUN.plan, RUN.evidence, RUN.verdict).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Operations in "))
    assert lines[head].startswith("Operations in the judged phases (steady, recovery); ")
    rows = {row.name: row for row in rows_of(RUN.plan, RUN.record, RUN.evidence) if row.name}
    for operation, line in zip(RUN.plan.operations, lines[head + 2 :], strict=False):
        own = rows[operation.name]
        assert own.failure_share is not None
        assert line.split()[:5] == [
            own.test_type, own.name, str(own.count), str(own.failures), percent(own.failure_share),
        ]  # fmt: skip
    assert rows["chat"].count < sum(tally.requests for tally in RUN.evidence.tallies if tally.name == "chat")


@pytest.mark.parametrize(
    "phases, told", [(("spike", "steady"), " (steady); "), (("spike",), ", in which none was counted; ")]
)
def test_the_heading_names_no_phase_that_the_load_did_not_come_to(phases: tuple[str, ...], told: str):
    nothing = {"requests": 0, "failures": {}, "buckets": (0,) * (len(RUN.plan.edges) + 1)}
    tallies = tuple(t if t.phase in phases else structs.replace(t, **nothing) for t in RUN.evidence.tallies)
    text = summary(RUN.plan, structs.replace(RUN.evidence, tallies=tallies), RUN.verdict)
    assert f"Operations in the judged phases{told}" in text
    if "steady" not in phases:
        row = next(line for line in text.splitlines() if line.startswith("  rest  "))
        assert row.split()[:5] == ["rest", "chat", "0", "0", "-"]
