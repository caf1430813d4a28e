"""Predict which machines will fail: logistic regression by gradient descent. Python's standard library only."""

import argparse
import csv
import json
import math
import sys
from pathlib import Path

FEATURES = ["age", "load", "temperature", "vibration"]


def read(folder):
    """The rows of every CSV file in `folder` as (features, failed)."""
    path = Path(folder)
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files:
        sys.exit(f"No CSV file in {folder}: is this the folder that holds the data?")
    rows = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                try:
                    rows.append(([float(row[name]) for name in FEATURES], int(row["failed"])))
                except (KeyError, TypeError, ValueError) as error:
                    sys.exit(f"{file.name}, line {number}: {error!r}")
    return rows


def scale(rows):
    """For each feature its mean and its spread."""
    columns = list(zip(*(features for features, _ in rows)))
    means = [sum(column) / len(column) for column in columns]
    spreads = [math.sqrt(sum((x - m) ** 2 for x in column) / len(column)) for column, m in zip(columns, means)]
    return means, spreads


def predict(model, features):
    """The probability of a failure."""
    z = model["bias"]
    for x, mean, spread, weight in zip(features, model["means"], model["spreads"], model["weights"]):
        z += weight * (x - mean) / spread
    return 1 / (1 + math.exp(-z))


def train(rows, epochs, rate=0.5):
    """Fit a model, printing how well it does on the way."""
    means, spreads = scale(rows)
    model = {"features": FEATURES, "means": means, "spreads": spreads, "weights": [0.0] * len(FEATURES), "bias": 0.0}
    for epoch in range(1, epochs + 1):
        slope, gradient, loss = 0.0, [0.0] * len(FEATURES), 0.0
        for features, failed in rows:
            p = predict(model, features)
            loss -= math.log(p if failed else 1 - p)
            slope += p - failed
            for i, (x, mean, spread) in enumerate(zip(features, means, spreads)):
                gradient[i] += (p - failed) * (x - mean) / spread
        model["bias"] -= rate * slope / len(rows)
        model["weights"] = [w - rate * g / len(rows) for w, g in zip(model["weights"], gradient)]
        print(f"epoch {epoch} loss={loss / len(rows):.4f}", flush=True)
    return model


def accuracy(model, rows):
    """The share of machines of which the model says rightly whether they fail."""
    right = sum((predict(model, features) > 0.5) == bool(failed) for features, failed in rows)
    return right / len(rows)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--data", default="/opt/ml/input/data/training")
    options.add_argument("--out", default="/opt/ml/model")
    options.add_argument("--epochs", type=int, default=8)
    options = options.parse_args()

    rows = read(options.data)
    print(len(rows), "machines,", sum(failed for _, failed in rows), "failed", flush=True)
    model = train(rows, options.epochs)
    print(f"accuracy={accuracy(model, rows):.3f}", flush=True)

    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.json").write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
