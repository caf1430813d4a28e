"""Model packages and their groups."""
