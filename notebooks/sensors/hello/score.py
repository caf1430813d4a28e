"""The smallest service there is: it greets whoever asks."""

import json


def init():
    """Called once, when the machine is ready. A service with a model would load it here."""


def run(request):
    """Called for each request."""
    return "Hello, " + json.loads(request)["name"]
