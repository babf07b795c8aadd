"""Earlier runs: found by what they are called, listed, kept as baselines."""
