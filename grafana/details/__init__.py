"""The folded rows of the Resources dashboard: all that the exporters show, a file for each thing that is measured."""
