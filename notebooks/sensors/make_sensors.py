"""Make the sensor tables: a day in the life of some machines, and which of them failed the day after. Seeded."""

import csv
import math
import random
from pathlib import Path

TABLES = {"data": (400, 7), "next-week": (480, 8)}
"""The folder of each table, how many machines it has, and its seed. By next week the plant has 80 machines more."""


def machine(number: int, draw: random.Random) -> dict[str, object]:
    """One machine's day: age in years, mean temperature (°C) and vibration (mm/s), load, and whether it failed."""
    age = draw.uniform(0, 12)
    load = draw.uniform(0.2, 1.0)
    temperature = 48 + 22 * load + 0.8 * age + draw.gauss(0, 4)
    vibration = 1.2 + 0.22 * age + 1.1 * load + draw.gauss(0, 0.5)
    risk = 0.16 * (temperature - 72) + 1.3 * (vibration - 3.6) + 0.1 * (age - 6)
    failed = draw.random() < 1 / (1 + math.exp(-risk))
    return {
        "machine": f"m{number:03}",
        "age": f"{age:.1f}",
        "load": f"{load:.2f}",
        "temperature": f"{temperature:.1f}",
        "vibration": f"{vibration:.2f}",
        "failed": int(failed),
    }


def main() -> None:
    for folder, (machines, seed) in TABLES.items():
        draw = random.Random(seed)
        rows = [machine(number, draw) for number in range(machines)]
        path = Path(__file__).with_name(folder) / "sensors.csv"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
