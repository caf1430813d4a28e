"""Compute: clusters, instances, serverless; what they hold of the quota."""
