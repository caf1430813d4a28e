"""The wire between the vendors' SDKs and whatever answers them: values, routing, and where the SDKs plug in."""
