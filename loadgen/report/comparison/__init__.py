"""A comparison of runs as text, JSON, HTML, Markdown and PNG: one view of strings, which every format lays out."""
