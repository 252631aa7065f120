"""The damage detector: photos damaged on purpose, the network that finds it, its loop, its export."""
