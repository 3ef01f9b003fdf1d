"""`quantal cite`: whose work a mechanism is."""

from __future__ import annotations

from typing import Annotated

import typer

from quantal.cli.options import Json, Mechanism


def command(
    name: Mechanism,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="As BibTeX entries.")] = False,
    as_json: Json = False,
) -> None:
    """Name the papers behind a mechanism and everything that it uses."""
    import quantal
    from quantal.cli.printing import print_json

    citations = quantal.cite(name)
    if as_json:
        print_json(
            [{"mechanism": c.mechanism, "source": c.source, "doi": c.doi} for c in citations]
        )
    elif bibtex:
        print("\n\n".join(citation.bibtex() for citation in citations))
    else:
        for citation in citations:
            doi = f", doi:{citation.doi}" if citation.doi else ""
            print(f"{citation.mechanism}: {citation.source}{doi}")
