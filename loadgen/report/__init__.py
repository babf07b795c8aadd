"""What a run leaves for people and machines: one content, `contents.Report`, and one file for each format."""
