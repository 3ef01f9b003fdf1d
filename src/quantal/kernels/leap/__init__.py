"""Many events at a time in compiled code: tau-leaps and Langevin steps of one network."""
