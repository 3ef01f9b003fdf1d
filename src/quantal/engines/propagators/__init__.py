"""Exact propagators of linear schemes: what the event-driven engine is made of."""
