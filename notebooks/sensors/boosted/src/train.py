"""Train gradient-boosted trees that say which machine will fail, and write them to a file."""

import argparse
import csv
from pathlib import Path

import lightgbm
import numpy

COLUMNS = ["age", "load", "temperature", "vibration"]
SETTINGS = {"objective": "binary", "seed": 1, "deterministic": True, "num_threads": 1, "verbosity": -1}


def read(folder):
    """The features of every machine, and whether it failed."""
    with open(Path(folder) / "sensors.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    features = [[float(row[column]) for column in COLUMNS] for row in rows]
    return numpy.array(features), numpy.array([int(row["failed"]) for row in rows])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--data", default="/opt/ml/input/data/training")
    options.add_argument("--out", default="/opt/ml/model")
    options = options.parse_args()

    features, failed = read(options.data)
    print("lightgbm", lightgbm.__version__, "on", len(failed), "machines", flush=True)
    model = lightgbm.train(SETTINGS, lightgbm.Dataset(features, failed, feature_name=COLUMNS), num_boost_round=20)
    right = (model.predict(features) > 0.5) == (failed == 1)
    print(f"accuracy={right.mean():.3f}", flush=True)

    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    model.save_model(out / "model.txt")


if __name__ == "__main__":
    main()
