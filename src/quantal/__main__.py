"""`python -m quantal` is the `quantal` command."""

from quantal.cli.main import main

main()
