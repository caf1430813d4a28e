"""What train.py fitted, as a formula: four sensor values in, the probability of a failure out."""

import json
import math
from pathlib import Path


def load(path):
    """The model in a file that train.py wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def probability(model, values):
    """How likely a machine with these values is to fail."""
    z = model["bias"]
    for x, mean, spread, weight in zip(values, model["means"], model["spreads"], model["weights"]):
        z += weight * (x - mean) / spread
    return 1 / (1 + math.exp(-z))
