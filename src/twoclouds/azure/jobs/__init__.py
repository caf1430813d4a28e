"""Command jobs, and what happens to them."""
