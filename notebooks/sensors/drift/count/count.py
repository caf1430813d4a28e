"""Count the machines in the table. A copy of it is kept, so that the next run need not fetch it again."""

import argparse
import shutil
from pathlib import Path

options = argparse.ArgumentParser()
options.add_argument("--data", required=True)
options.add_argument("--keep", required=True)
options = options.parse_args()

copy, source = Path(options.keep) / "sensors.csv", "a copy that was here"
if not copy.exists():
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(options.data) / "sensors.csv", copy)
    source = "its input"
print(len(copy.read_text(encoding="utf-8").splitlines()) - 1, "machines, read from", source)
