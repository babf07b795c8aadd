"""A stand-in for GitHub's `gh`, for it and its service cannot be had here: just the calls that a comment needs.

The pull requests and comments that it knows are in the file that FAKE_GH names, and so are the calls it got.
"""

import json
import os
import sys
from pathlib import Path

FILE = Path(os.environ["FAKE_GH"])


def main(words: list[str]) -> None:
    """Answer as gh does."""
    known = json.loads(FILE.read_text())
    known["calls"].append({"words": words, "token": os.environ.get("GH_TOKEN")})
    if words[:2] == ["pr", "list"]:
        branch = words[words.index("--head") + 1]
        answer([{k: v for k, v in one.items() if k != "head"} for one in known["pulls"] if one["head"] == branch])
    elif words[:2] == ["pr", "view"]:
        assert words[3:] == ["--json", "comments"]
        answer({"comments": known["comments"]})
    elif words[:2] == ["pr", "comment"]:
        assert words[3:] == ["--body-file", "-"]
        url = f"https://github.com/o/r/pull/{words[2]}#issuecomment-{1000 + len(known['comments'])}"
        known["comments"].append({"url": url, "body": sys.stdin.read(), "viewerDidAuthor": True})
        sys.stdout.write(url)
    elif words[:3] == ["api", "--method", "PATCH"]:
        assert words[4:] == ["--input", "-"]
        ours = next(one for one in known["comments"] if one["url"].endswith(f"-{words[3].rpartition('/')[2]}"))
        assert words[3].startswith("repos/{owner}/{repo}/issues/comments/")
        ours["body"] = json.load(sys.stdin)["body"]
    else:
        sys.exit(f"unknown command {words}")
    FILE.write_text(json.dumps(known))


def answer(found: object) -> None:
    """In JSON."""
    sys.stdout.write(json.dumps(found))


main(sys.argv[1:])
