"""From a Program to machine code: symbolic, generate, then native with its cache."""
