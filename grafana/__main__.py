"""`python -m grafana`: write grafana/dashboards/ from the sources; with `--check` only say whether they differ."""

from __future__ import annotations

import argparse
import sys

from grafana.committed import FOLDER, differing, write


def main() -> int:
    """0 when the files are as the sources say, or were made so; 1 with --check when they are not."""
    parser = argparse.ArgumentParser(prog="python -m grafana", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which files differ; exit 1 when any does")
    asked = parser.parse_args()
    changed = differing() if asked.check else write()
    for name in changed:
        sys.stdout.write(f"{'differs' if asked.check else 'written'}: {FOLDER.name}/{name}\n")
    if asked.check and changed:
        sys.stderr.write("mend it with: python -m grafana\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
