"""The WSGI application that `docker run IMAGE serve` puts behind nginx and gunicorn, or a model server."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
from containers import serving  # type: ignore[import-not-found]

app = serving.application()
