"""Many instances of one Program in step: vectors of instances, fixed steps, no branches."""
