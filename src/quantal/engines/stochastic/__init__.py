"""What stochastic engines share: counts, cells of time, events, trials."""
