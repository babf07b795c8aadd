"""The alert log: a small receiver of Alertmanager's webhook that writes a line for each alert."""
