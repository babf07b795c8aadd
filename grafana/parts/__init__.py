"""Panels that stand on more than one dashboard, or are too many for a board's own file."""
