"""Where the vendors' SDKs, and Python itself, plug in. Each seam is hooked only when its module is imported."""
