"""The summary of a job's runs as a comment on the branch's pull request: made once, then renewed.

Run as `python3 -m scripts.pull_request_comment` after `scripts.job_summary`; OUTPUT_DIR in the environment says where
that wrote its text (reports), GITHUB_REF_NAME which branch it is, else git does. GitHub's own `gh` asks and writes,
with the rights that it finds in its environment. Exit code 4 when it cannot.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.job_summary import SUMMARY

MARK = "<!-- june-loadtest: summary -->"
"""The comment's first line, by which it is found again; nobody sees it."""
PATIENCE = 60
"""Seconds for an answer."""

EXIT_USAGE = 3
EXIT_ENVIRONMENT = 4


class Refused(Exception):
    """A program did not do what it was asked; the text says which, and its last words."""


def main(variables: Mapping[str, str]) -> int:
    """Comment on every open pull request of the branch; where there is none, say so."""
    file = Path(variables.get("OUTPUT_DIR") or "reports") / SUMMARY
    try:
        text = f"{MARK}\n{file.read_text(encoding='utf-8')}"
    except OSError as error:
        print(f"{file}: {error.strerror}; `make summary` writes it", file=sys.stderr)
        return EXIT_USAGE
    try:
        branch = variables.get("GITHUB_REF_NAME") or answer("git", "branch", "--show-current").strip()
        numbers = pull_requests(branch)
        for number in numbers:
            print(f"{comment(number, text)} the comment on pull request {number}")
    except Refused as error:
        print(error, file=sys.stderr)
        return EXIT_ENVIRONMENT
    if not numbers:
        print(f"the branch {branch} has no open pull request, so there is nothing to comment on")
    return 0


def pull_requests(branch: str) -> list[int]:
    """The open ones from this repository's branch: a fork may have a branch of that name too. Raises Refused."""
    fields = "number,isCrossRepository"
    found = asked("pr", "list", "--head", branch, "--state", "open", "--json", fields)
    return [one["number"] for one in found if not one["isCrossRepository"]]


def comment(number: int, text: str) -> str:
    """Write the text into our comment, or a new one; which of them. Raises Refused."""
    ours = own_comment(number)
    if ours is None:
        answer("gh", "pr", "comment", str(number), "--body-file", "-", given=text)
        return "made"
    path = f"repos/{{owner}}/{{repo}}/issues/comments/{ours}"
    answer("gh", "api", "--method", "PATCH", path, "--input", "-", given=json.dumps({"body": text}))
    return "renewed"


def own_comment(number: int) -> str | None:
    """The number of the latest comment that begins with MARK and is by whom we are. Raises Refused."""
    comments = asked("pr", "view", str(number), "--json", "comments")["comments"]
    ours = [one["url"] for one in comments if one["viewerDidAuthor"] and one["body"].startswith(MARK)]
    found = re.search(r"#issuecomment-(\d+)$", ours[-1]) if ours else None
    return found[1] if found else None


def asked(*words: str) -> Any:
    """What gh answers in JSON. Raises Refused."""
    text = answer("gh", *words)
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(f"`gh {' '.join(words)}` did not answer in JSON: {error}") from error


def answer(*command: str, given: str | None = None) -> str:
    """What a program answers to the command and the text on its standard input. Raises Refused."""
    try:
        done = subprocess.run(
            command,
            input=given or "",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{command[0]} cannot be asked: {reason(error)}{instead(command)}") from error
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()
        raise Refused(f"`{' '.join(command)}` failed: {words[-1] if words else done.returncode}{instead(command)}")
    return done.stdout


def reason(error: OSError | subprocess.TimeoutExpired) -> str:
    """Why it gave no answer."""
    return str(error.strerror) if isinstance(error, OSError) else f"no answer in {PATIENCE} s"


def instead(command: Sequence[str]) -> str:
    """How to mend it."""
    return "; GH_TOKEN must hold a token that may write pull requests, or `gh auth login`" if command[0] == "gh" else ""


if __name__ == "__main__":
    sys.exit(main(os.environ))
