"""The inputs: the estimator, the samples, and the input of the network."""
