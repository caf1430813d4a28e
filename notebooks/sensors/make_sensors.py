"""Make `data/sensors.csv`: a day in the life of 400 machines, and which of them failed the day after. Seeded."""

import csv
import math
import random
from pathlib import Path

MACHINES = 400
SEED = 7


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
    draw = random.Random(SEED)
    rows = [machine(number, draw) for number in range(MACHINES)]
    with Path(__file__).with_name("data").joinpath("sensors.csv").open("w", encoding="utf-8", newline="\n") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
