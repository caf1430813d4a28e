"""Predict which machines will fail from the machines most like them: k nearest neighbours. Standard library only.

It tries several k, each on every machine in turn, and keeps the best: much more work than train.py.
"""

import argparse
import csv
import json
from pathlib import Path

FEATURES = ["age", "load", "temperature", "vibration"]


def read(file):
    """The machines in a CSV file as (features scaled to 0..1, failed)."""
    with open(file, encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    columns = [[float(row[name]) for row in rows] for name in FEATURES]
    spans = [(min(column), max(column) - min(column) or 1.0) for column in columns]
    points = [[(float(row[name]) - low) / span for name, (low, span) in zip(FEATURES, spans)] for row in rows]
    return [(point, int(row["failed"])) for point, row in zip(points, rows)]


def nearest(machines, place):
    """Whether each other machine failed, the most similar first."""
    here = machines[place][0]
    others = [(sum((a - b) ** 2 for a, b in zip(here, there)), failed) for there, failed in machines]
    del others[place]
    return [failed for _, failed in sorted(others)]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--machines", required=True, help="a CSV file")
    options.add_argument("--keep", required=True, help="the folder to leave the model in")
    options = options.parse_args()

    machines = read(options.machines)
    ranked = [nearest(machines, place) for place in range(len(machines))]
    scores = {}
    for k in (1, 3, 5, 9, 15, 25):
        right = sum((2 * sum(others[:k]) > k) == bool(failed) for others, (_, failed) in zip(ranked, machines))
        scores[k] = right / len(machines)
        print(f"k={k} accuracy={scores[k]:.3f}", flush=True)

    best = max(scores, key=scores.get)
    print(f"best k={best} on {len(machines)} machines", flush=True)
    Path(options.keep).mkdir(parents=True, exist_ok=True)
    model = {"k": best, "accuracy": scores[best], "machines": len(machines)}
    (Path(options.keep) / "neighbours.json").write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
