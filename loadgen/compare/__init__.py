"""Runs before and after: what differs, and how surely. Pure; of its modules `alike` does without NumPy."""
