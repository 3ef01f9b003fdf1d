"""What is checked in a flat model, one kind of declaration to a file."""
