"""What a job says of its runs: their summaries and comparisons as one Markdown text, and one line for each verdict.

Run as `python3 -m scripts.job_summary`; OUTPUT_DIR in the environment says where the runs are (reports). It writes
`<output>/summary.md`, adds that to the file that GITHUB_STEP_SUMMARY names, and prints the lines: on GitHub as
annotations, in which FAIL and INVALID are told apart.
"""

from __future__ import annotations

import html
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

SUMMARY = "summary.md"
"""Of a run, of a comparison, and of all of them."""
COMPARISONS = "comparisons"
RECORDS = ("plan.json", "run.json", "verdict.json")
"""A folder with one of these is a run's, however it ended."""

LARGEST = 64_000
"""Bytes of the whole text: a comment on a pull request takes a little more."""
MOST = 10
"""Runs that are summarised, the newest; a job makes one or two."""

LEVELS = {"PASS": "notice", "none": "notice", "unclear": "warning"}
"""How a verdict or a comparison's conclusion is announced; everything else is an error."""
TITLES = {"none": "No regression", "unclear": "The comparison cannot tell", "regression": "Regression"}

EXIT_FILE = 5


class Part(NamedTuple):
    """A run or a comparison. The texts of others in it are in one line and without control characters."""

    outcome: str
    """A verdict, or the conclusion of a comparison."""
    subject: str
    sentence: str
    markdown: str
    """Empty where none was written."""

    @property
    def line(self) -> str:
        """In words."""
        return f"{self.title}: {self.sentence}"

    @property
    def title(self) -> str:
        """What became of what."""
        return f"{TITLES.get(self.outcome, self.outcome)} ({self.subject})"


def main(variables: Mapping[str, str]) -> int:
    """Write and print everything. A file that cannot be written is named."""
    output = Path(variables.get("OUTPUT_DIR") or "reports")
    parts = [*map(run_part, runs(output)), *map(comparison_part, comparisons(output))]
    text = whole(parts, page(variables))
    file: Path = output / SUMMARY
    try:
        output.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")
        if variables.get("GITHUB_STEP_SUMMARY"):
            file = Path(variables["GITHUB_STEP_SUMMARY"])
            with file.open("a", encoding="utf-8", errors="replace") as summary:
                summary.write(text)
    except OSError as error:
        print(f"{error.filename or file}: {error.strerror}; the runs' own summaries are kept", file=sys.stderr)
        return EXIT_FILE
    for part in parts:
        print(annotation(part) if variables.get("GITHUB_ACTIONS") else part.line)
    print(f"summary in {output / SUMMARY}")
    return 0


def runs(output: Path) -> list[Path]:
    """The folders of the newest runs, the newest first; kept copies of runs and comparisons are none."""
    found = {file.parent for name in RECORDS for file in output.glob(f"*/*/{name}")}
    apart = (COMPARISONS, "baselines")
    return sorted((one for one in found if one.parent.name not in apart), key=lambda one: one.name, reverse=True)[:MOST]


def comparisons(output: Path) -> list[Path]:
    """The folders of the newest comparisons, the newest first."""
    found = (file.parent for file in (output / COMPARISONS).glob("*/comparison.json"))
    return sorted(found, key=lambda one: one.name, reverse=True)[:MOST]


def run_part(folder: Path) -> Part:
    """What became of a run. One without a readable verdict did not come to its end."""
    verdict = record(folder / "verdict.json")
    subject = verdict.get("run_id") or f"{folder.parent.name}/{folder.name}"
    sentence = verdict.get("sentence") or "It did not come to its end; the log of its step says why."
    return Part(verdict.get("verdict") or "No verdict", subject, sentence, markdown(folder))


def comparison_part(folder: Path) -> Part:
    """What became of a comparison."""
    comparison = record(folder / "comparison.json")
    return Part(
        comparison.get("conclusion") or "No comparison",
        f"{COMPARISONS}/{folder.name}",
        comparison.get("sentence") or "It cannot be read.",
        markdown(folder),
    )


def record(file: Path) -> dict[str, str]:
    """The texts of a record, each made fit for one line; none of one that is missing or broken."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {key: inert(value) for key, value in found.items() if isinstance(value, str)} if type(found) is dict else {}


def inert(text: str) -> str:
    """The text in one line, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def markdown(folder: Path) -> str:
    """What the folder's own summary says."""
    try:
        return (folder / SUMMARY).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def whole(parts: list[Part], page: str) -> str:
    """All parts as one text of at most LARGEST bytes; of one that finds no room, only the sentence stands there."""
    blocks = ["# Load tests", page] if page else ["# Load tests"]
    if not parts:
        blocks.append("No run was begun; the log of the step that failed says why.")
    room = LARGEST - sum(len(block.encode()) + 2 for block in (*blocks, *map(plainly, parts)))
    for part in parts:
        more = len(part.markdown.encode()) - len(plainly(part).encode())
        fits = bool(part.markdown) and more <= room
        blocks.append(part.markdown if fits else plainly(part))
        room -= more if fits else 0
    return "\n\n".join(blocks) + "\n"


def plainly(part: Part) -> str:
    """A part in short, whose text means nothing to Markdown."""
    return f"<pre>{html.escape(part.line[:4000])}</pre>"


def page(variables: Mapping[str, str]) -> str:
    """Where the reports are, on GitHub; empty elsewhere."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (variables.get(name, "") for name in names)
    commit = variables.get("GITHUB_SHA", "")[:12]
    if not (server and repository and run):
        return ""
    return (
        f"Commit {commit}; the reports are among the artifacts of [this run]({server}/{repository}/actions/runs/{run})."
    )


def annotation(part: Part) -> str:
    """The line by which GitHub shows a part on the page of the job."""
    title = "".join(escaped(part.title, ":,"))
    return f"::{LEVELS.get(part.outcome, 'error')} title={title}::{''.join(escaped(part.sentence))}"


def escaped(text: str, also: str = "") -> Iterator[str]:
    """The letters, those that would end the text as GitHub writes them."""
    for letter in text:
        yield f"%{ord(letter):02X}" if letter in f"%\r\n{also}" else letter


if __name__ == "__main__":
    # GitHub reads UTF-8; a terminal that does not gets the codes of letters that it lacks.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(os.environ))
