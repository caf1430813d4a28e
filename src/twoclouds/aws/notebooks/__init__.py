"""Notebook instances and Studio: what goes on billing."""
