"""What both clouds' handlers share: load the pickled model, and say how likely each machine is to fail."""

import math
import pickle
from pathlib import Path


def load(folder):
    """The model in a folder, or below it."""
    with next(Path(folder).rglob("model.pkl")).open("rb") as file:
        return pickle.load(file)


def predict(model, rows):
    """For each machine's readings the probability of a failure, to three digits."""
    sums = [sum(w * x for w, x in zip(model["weights"], row)) for row in model["scaler"].transform(rows)]
    return [round(1 / (1 + math.exp(-model["bias"] - z)), 3) for z in sums]
