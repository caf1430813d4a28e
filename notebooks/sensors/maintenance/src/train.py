"""Train boosted trees on readings that sensorscale brings to one scale. The report names the packages' versions."""

import argparse
import csv
import json
from pathlib import Path

import lightgbm
import numpy
import sensorscale

FEATURES = ["age", "load", "temperature", "vibration"]
SETTINGS = {"objective": "binary", "seed": 1, "deterministic": True, "num_threads": 1, "verbosity": -1}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--data", default="/opt/ml/input/data/training")
    options.add_argument("--out", default="/opt/ml/model")
    options = options.parse_args()

    with open(Path(options.data) / "sensors.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    readings = [[float(row[name]) for name in FEATURES] for row in rows]
    scaled = numpy.array(sensorscale.Scaler().fit(readings).transform(readings))
    failed = numpy.array([int(row["failed"]) for row in rows])
    model = lightgbm.train(SETTINGS, lightgbm.Dataset(scaled, failed), num_boost_round=20)

    report = {
        "lightgbm": lightgbm.__version__,
        "sensorscale": sensorscale.__version__,
        "machines": len(rows),
        "accuracy": round(float(((model.predict(scaled) > 0.5) == (failed == 1)).mean()), 3),
    }
    print(report, flush=True)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    model.save_model(out / "model.txt")
    (out / "report.json").write_text(json.dumps(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
