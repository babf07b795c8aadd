"""One file per protocol, pure: its calls, what it can measure and what counts as a good answer."""
