"""Named and versioned things: data, environments, models, code; the registry; what is in an environment's image."""
