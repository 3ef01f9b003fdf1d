"""Whether two models say the same: everything but lines, files and the text itself."""

from dataclasses import fields, is_dataclass

IGNORED = {"where", "path", "used"}


def said(item, ignored=IGNORED | {"text"}):
    """A comparable form of a model or a part of it, without where it was read."""
    if is_dataclass(item):
        # A number's text is part of what is said; a model's or a reaction's is not.
        skip = IGNORED if hasattr(item, "dimension") else ignored
        return (
            type(item).__name__,
            {f.name: said(getattr(item, f.name)) for f in fields(item) if f.name not in skip},
        )
    if isinstance(item, tuple | list):
        return [said(part) for part in item]
    return item
