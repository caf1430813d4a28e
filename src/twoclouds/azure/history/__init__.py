"""Run history and MLflow: what is told of runs, and what runs tell."""
