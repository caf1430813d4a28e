"""Predict which machines will fail, as src/train.py does; the package sensorscale brings the readings to one scale."""

import argparse
import csv
import json
import math
from pathlib import Path

from sensorscale import Scaler

FEATURES = ["age", "load", "temperature", "vibration"]


def read(folder):
    """The readings of every CSV file in `folder`, on one scale, and which of the machines failed."""
    rows = []
    for file in sorted(Path(folder).glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines)
    readings = [[float(row[name]) for name in FEATURES] for row in rows]
    return Scaler().fit(readings).transform(readings), [int(row["failed"]) for row in rows]


def predict(weights, bias, reading):
    """The probability of a failure."""
    return 1 / (1 + math.exp(-bias - sum(weight * x for weight, x in zip(weights, reading))))


def train(readings, failed, epochs, rate=0.5):
    """Fit weights and a bias by gradient descent."""
    weights, bias = [0.0] * len(FEATURES), 0.0
    for _ in range(epochs):
        errors = [predict(weights, bias, reading) - fails for reading, fails in zip(readings, failed)]
        bias -= rate * sum(errors) / len(errors)
        for i in range(len(weights)):
            weights[i] -= rate * sum(error * reading[i] for error, reading in zip(errors, readings)) / len(errors)
    return weights, bias


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--data", default="/opt/ml/input/data/training")
    options.add_argument("--out", default="/opt/ml/model")
    options.add_argument("--epochs", type=int, default=8)
    options = options.parse_args()

    readings, failed = read(options.data)
    print(len(readings), "machines,", sum(failed), "failed", flush=True)
    weights, bias = train(readings, failed, options.epochs)

    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.json").write_text(json.dumps({"weights": weights, "bias": bias}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
