"""The direct method for eight trials side by side, one in each lane of a vector."""
