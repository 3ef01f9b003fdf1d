"""Other people's files: recordings in, and what they hold."""
