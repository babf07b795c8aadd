"""The Locust entry file: `locust -f loadgen/locustfile.py --host http://…`, and what `loadgen run` starts.

Standing alone, its page listens on this machine only, unless --web-host is given. It holds no logic;
loadgen/users/entry.py says what the environment variables mean.
"""

import os
import sys
from pathlib import Path

# Locust puts this file's folder first on sys.path, where our `run`, `plan`, `query` … would be found in place of any
# package of that name. The repository takes its place; and once more at the end, since Locust then removes the first.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [str(_HERE.parent) if Path(entry).resolve() == _HERE else entry for entry in sys.path]
sys.path.append(str(_HERE.parent))

from locust import events  # noqa: E402 - the path first

from loadgen.run.allowed import check_allowed  # noqa: E402
from loadgen.run.secrets import resolve  # noqa: E402
from loadgen.users.entry import Surroundings, planned_run  # noqa: E402

_around = Surroundings.read(os.environ)

if _around.plan is not None and not _around.exploring:
    globals().update(planned_run(_around, events, resolve))
else:
    from loadgen.users.free import alone, configured, exploration

    _config = configured(os.environ)
    if _around.exploring:
        globals().update(exploration(_around, _config, events, resolve))
    else:
        globals().update(alone(_config, events, resolve, check_allowed))
