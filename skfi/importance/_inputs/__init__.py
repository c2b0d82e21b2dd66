"""What was handed in: the estimator, the samples, and the network's own input."""
