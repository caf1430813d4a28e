"""Online and batch endpoints, and their deployments."""
