"""Parameters that vary per trial, per copy and per firing."""
