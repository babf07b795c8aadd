"""The standing stack on this machine: what `loadgen up` starts and `loadgen down` ends."""
