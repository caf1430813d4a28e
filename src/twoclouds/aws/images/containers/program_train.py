#!/usr/bin/env python3
"""What `docker run IMAGE train` starts."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
from containers import training  # type: ignore[import-not-found]

training.main()
