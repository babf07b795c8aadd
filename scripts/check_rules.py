"""Let promtool check the committed rules, their tests and Prometheus' configuration, where there is a promtool.

Run as `python3 -m scripts.check_rules`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

CHECKS = (
    (("check", "rules"), ("alerts/[!t]*/*.yml", "alerts/resources.yml", "prometheus/rules/*.yml")),
    (("test", "rules"), ("alerts/tests/*.yml",)),
    (("check", "config"), ("prometheus/prometheus.yml",)),
)
"""promtool's words, and the files that each is given."""


def main() -> int:
    """Run every check; its exit code is the worst of promtool's."""
    promtool = find_promtool()
    if promtool is None:
        print("promtool is not there, so the rules were not checked (make prometheus)")
        return 0
    worst = 0
    for words, patterns in CHECKS:
        files = sorted(str(file) for pattern in patterns for file in REPOSITORY.glob(pattern))
        if not files:
            print(f"promtool {' '.join(words)}: there is no {' and no '.join(patterns)}")
            worst = max(worst, 1)
        else:
            answer = subprocess.run(
                [promtool, *words, *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            print(
                f"promtool {' '.join(words)}: {len(files)} files, {'ok' if answer.returncode == 0 else answer.stdout}"
            )
            worst = max(worst, answer.returncode)
    return worst


def find_promtool() -> str | None:
    """The promtool that setup unpacked, else the one on PATH."""
    state = Path(os.environ.get("LOADGEN_HOME") or REPOSITORY / ".loadgen")
    unpacked = sorted(state.glob("tools/*/promtool"))
    return str(unpacked[-1]) if unpacked else shutil.which("promtool")


if __name__ == "__main__":
    sys.exit(main())
