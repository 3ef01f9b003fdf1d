"""Citations: every source once, and a doi only with the source it belongs to."""

from quantal.experiments.cite import cite

TEXT = """mechanism two_sources "Two"
source First & Author 1990 J Physiol 1:1
source Second 2001 J Neurosci 2:2
doi 10.1000/first
state x = 0
"""


def test_the_doi_belongs_to_the_first_source():
    from quantal.experiments.loading import load

    first, second = cite(load(TEXT))
    assert (first.source, first.doi) == ("First & Author 1990 J Physiol 1:1", "10.1000/first")
    assert (second.source, second.doi) == ("Second 2001 J Neurosci 2:2", "")


def test_bibtex_has_one_key_for_each_source():
    from quantal.experiments.loading import load

    entries = [citation.bibtex() for citation in cite(load(TEXT))]
    assert entries[0].startswith("@misc{two_sources,")
    assert entries[1].startswith("@misc{two_sources_2,")
    assert "year = {2001}" in entries[1]
    assert "doi" not in entries[1]


def test_bibtex_escapes_what_latex_reads_as_a_command():
    entry = cite("receptors/ampa_jonas_1993")[0].bibtex()
    assert r"Jonas, Major \& Sakmann 1993" in entry
