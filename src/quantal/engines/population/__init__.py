"""Many instances of one Program at once, in fixed steps."""
