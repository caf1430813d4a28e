"""Predict which machines will fail. The readings are brought to one scale by the package sensorscale."""

import argparse
import csv
import math
import pickle
from pathlib import Path

import sensorscale

FEATURES = ["age", "load", "temperature", "vibration"]


def read(folder):
    """The readings of all machines, and which of them failed."""
    rows = [row for file in sorted(Path(folder).glob("*.csv")) for row in csv.DictReader(file.open(encoding="utf-8"))]
    return [[float(row[name]) for name in FEATURES] for row in rows], [int(row["failed"]) for row in rows]


def fit(rows, failed, rounds=8, rate=0.5):
    """Weights and bias, by gradient descent on scaled readings."""
    weights, bias = [0.0] * len(FEATURES), 0.0
    for _ in range(rounds):
        sums = [bias + sum(w * x for w, x in zip(weights, row)) for row in rows]
        wrong = [1 / (1 + math.exp(-z)) - f for z, f in zip(sums, failed)]
        bias -= rate * sum(wrong) / len(rows)
        weights = [w - rate * sum(e * row[i] for e, row in zip(wrong, rows)) / len(rows) for i, w in enumerate(weights)]
    return weights, bias


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--data", default="/opt/ml/input/data/training")
    options.add_argument("--out", default="/opt/ml/model")
    options = options.parse_args()

    rows, failed = read(options.data)
    scaler = sensorscale.Scaler().fit(rows)
    weights, bias = fit(scaler.transform(rows), failed)
    Path(options.out).mkdir(parents=True, exist_ok=True)
    with open(Path(options.out) / "model.pkl", "wb") as file:
        pickle.dump({"scaler": scaler, "weights": weights, "bias": bias}, file, protocol=4)
    print(f"{len(rows)} machines, scaled by sensorscale {sensorscale.__version__}")


if __name__ == "__main__":
    main()
