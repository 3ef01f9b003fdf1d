"""Pictures as plain data first (`figure`), then drawn by matplotlib (`render`)."""
