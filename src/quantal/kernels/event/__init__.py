"""Native code that carries many members from spike to spike by their propagators."""
