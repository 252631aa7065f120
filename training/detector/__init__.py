"""The damage detector: photos damaged on purpose, the network that finds the damage, its training."""
