"""Who calls, as whom a resource acts, and what each may do."""
