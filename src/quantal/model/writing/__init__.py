"""From Model to canonical text, one file for each kind of statement."""
