"""Training jobs, and the machines that they requisition."""
