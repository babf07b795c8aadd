"""A stand-in for `loadgen`: it ends as the test says and leaves what a run or a comparison leaves, at once.

The file that FAKE_LOADGEN names says with which code each command ends, and keeps the command lines it got.
"""

import itertools
import json
import os
import sys
from pathlib import Path

FILE = Path(os.environ["FAKE_LOADGEN"])
VERDICTS = {0: "PASS", 1: "FAIL", 2: "INVALID"}
CONCLUSIONS = {0: "none", 1: "regression", 2: "unclear"}


def main(words: list[str]) -> int:
    """Do as if."""
    known = json.loads(FILE.read_text())
    known["calls"].append(words)
    FILE.write_text(json.dumps(known))
    options = dict(itertools.pairwise(words))
    what = f"run {options['--scenario']}" if words[0] == "run" else words[0]
    code = known["codes"].get(what, 0)
    output = Path(options.get("--output-dir", "reports"))
    if words[0] == "run" and code in VERDICTS:
        scenario = options["--scenario"]
        folder = output / scenario / f"20251130_1200{len(known['calls']):02d}"
        verdict = {"run_id": f"{scenario}-1", "verdict": VERDICTS[code], "sentence": f"What {scenario} came to."}
        leave(folder / "verdict.json", json.dumps(verdict))
        leave(folder / "summary.md", f"## {VERDICTS[code]}: {scenario}\n")
    elif words[0] == "compare" and code in CONCLUSIONS:
        folder = output / "comparisons/20251130_120059"
        leave(folder / "comparison.json", json.dumps({"conclusion": CONCLUSIONS[code], "sentence": "What differs."}))
        leave(folder / "summary.md", "## Before and after\n")
    elif words[0] == "baseline":
        leave(output / "baselines/one/verdict.json", "{}")
    return int(code)


def leave(file: Path, text: str) -> None:
    """Write a file and its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


sys.exit(main(sys.argv[1:]))
