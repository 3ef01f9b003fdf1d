"""Whom to cite for a model: every mechanism in it that states a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from quantal.experiments.loading import load
from quantal.model.model import Model


@dataclass(frozen=True, slots=True)
class Citation:
    """One mechanism's source, as its text states it; `number` counts its sources from 1.

    A text states one `doi`, that of its first source.
    """

    mechanism: str
    source: str
    doi: str
    number: int = 1

    def bibtex(self) -> str:
        """A BibTeX entry. Only the year is taken out of the free text; the rest is a note."""
        year = re.search(r"\b(1[89]|20)\d\d\b", self.source)
        special = re.sub(r"([&%$#_])", r"\\\1", self.source)
        fields = [f"  note = {{{special}}}"]
        if year:
            fields.append(f"  year = {{{year.group()}}}")
        if self.doi:
            fields.append(f"  doi = {{{self.doi}}}")
        key = self.mechanism if self.number == 1 else f"{self.mechanism}_{self.number}"
        return f"@misc{{{key},\n" + ",\n".join(fields) + "\n}"


def cite(model: Model | str | Path) -> list[Citation]:
    """The sources of a model and of everything that it uses, each once, in text order.

    Raises:
        UsageError: no such mechanism or file.
        ModelError: the text is not a valid model.
    """
    flat = model if isinstance(model, Model) else load(model)
    citations = [
        Citation(part.name, source, part.doi if number == 1 else "", number)
        for part in (flat, *flat.used)
        for number, source in enumerate(part.source, 1)
    ]
    return list(dict.fromkeys(citations))
