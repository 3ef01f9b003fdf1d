"""From text to Model, step by step: limits, layout, parser, expressions, statements, checks."""
