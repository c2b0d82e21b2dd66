"""What importances are for: features, time steps, cells, groups and words."""
