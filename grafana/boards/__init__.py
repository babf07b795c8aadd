"""The dashboards: one file each, found by itself; a file joins by its function `board`."""
