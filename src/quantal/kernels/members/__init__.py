"""Members that are independent of one another, moved together over intervals of time."""
