"""Train, measure and export the networks."""
