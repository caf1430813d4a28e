"""Images, and what runs in AWS's own."""
