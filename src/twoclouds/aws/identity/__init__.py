"""Who calls, which roles there are, and what each may do."""
