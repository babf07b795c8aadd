"""`python -m exporters host|gpu|dbpool …`."""

from exporters.core.cli import main

main()
