"""Plan → RunRecord: the stack, its processes, preflight, progress, and the stop."""
