"""Runs before and after: what differs, and how surely. Pure."""
