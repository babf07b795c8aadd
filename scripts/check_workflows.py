"""Check the workflows: that each is one and ends in time (schemas), and that it means what it says (actionlint).

Run as `python3 -m scripts.check_workflows`. Where actionlint cannot be had this is said, and the schemas decide alone;
on GitHub, where the workflows run, it is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts import get_actionlint

REPOSITORY = Path(__file__).resolve().parents[1]
SCHEMAS = ("vendor.github-workflows", "custom.github-workflows-require-timeout")
"""Those that check-jsonschema brings; nothing is fetched."""


def main() -> int:
    """Run every check; 0 when all are content."""
    files = sorted(str(file) for file in (REPOSITORY / ".github/workflows").glob("*.yml"))
    python = str(REPOSITORY / ".venv/bin/python")
    checks = {
        f"workflows by {schema}": [python, "-m", "check_jsonschema", "--builtin-schema", schema, *files]
        for schema in SCHEMAS
    }
    missing = get_actionlint.main()
    if not missing:
        # Without the linters that it calls where they happen to be installed: the answer is the same everywhere.
        checks["actionlint"] = [str(get_actionlint.program()), "-shellcheck=", "-pyflakes=", *files]
    sound = [content(name, command, len(files)) for name, command in checks.items()]
    return 0 if all(sound) and not (missing and os.environ.get("GITHUB_ACTIONS")) else 1


def content(name: str, command: Sequence[str], files: int) -> bool:
    """Whether the program ends with 0; its words are shown when it does not."""
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(f"{name}: {files} files, {'ok' if answer.returncode == 0 else answer.stdout}")
    return answer.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
