"""The summary as plain text: what stands in it steers no terminal and breaks no line."""

from __future__ import annotations

import pytest
from msgspec import structs

from loadgen.model.evidence import Evidence
from loadgen.model.inert import inert, shortened
from loadgen.model.plan import Plan
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
