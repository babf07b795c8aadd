"""`python -m sim`: exit 0 when told to end, 3 for bad arguments, 4 when it cannot start."""

from __future__ import annotations

import os
import sys

# gRPC's own log says on several lines what we say on one; it reads this when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import uvloop

from sim.failures import StartFailure
from sim.server import run
from sim.settings import UsageError, read_settings

EXIT_USAGE, EXIT_ENVIRONMENT = 3, 4


def main() -> int:
    """Run the stand-in; returns the exit code."""
    try:
        settings = read_settings(sys.argv[1:])
    except UsageError as error:
        sys.stderr.write(f"sim: {error} (python -m sim --help lists the options)\n")
        return EXIT_USAGE
    try:
        uvloop.run(run(settings))
    except StartFailure as failure:
        sys.stderr.write(f"sim: {failure}\n")
        return EXIT_ENVIRONMENT
    return 0


if __name__ == "__main__":
    sys.exit(main())
