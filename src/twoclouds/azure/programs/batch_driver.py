"""Runs the scoring script of a batch deployment over a node's mini-batches: `init()` once, `run()` for each of them.

What it was given and what it leaves are JSON files named by `AZUREML_BATCH_PLAN` and `AZUREML_BATCH_RESULT`. The
contract of the script is that of https://learn.microsoft.com/azure/machine-learning/how-to-batch-scoring-script.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any


def load(path: str) -> Any:
    """The scoring script, as a module."""
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location("entry_module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["entry_module"] = module
    spec.loader.exec_module(module)
    for name in ("init", "run"):
        if not hasattr(module, name):
            raise AttributeError(f"The entry script {os.path.basename(path)} has no function {name}().")
    return module


def rows_of(result: Any) -> tuple[int, str]:
    """How many elements a mini-batch's result stands for, and what of it is appended: a line for each; a data frame's
    columns are separated by spaces."""
    if hasattr(result, "to_csv"):
        return len(result), result.to_csv(sep=" ", header=False, index=False)
    if result is None or isinstance(result, str | bytes):
        raise TypeError(f"run() returned {type(result).__name__}: a data frame or a list is expected.")
    elements = list(result)
    return len(elements), "".join(f"{element}\n" for element in elements)


def attempt(run: Callable[[list[str]], Any], batch: list[str], timeout: float) -> tuple[int, str]:
    """One try of one mini-batch."""
    began = time.time()
    count, rows = rows_of(run(batch))
    if time.time() - began > timeout:
        raise TimeoutError(f"The mini-batch took more than {timeout:g} seconds.")
    return min(count, len(batch)), rows


def main() -> None:
    """Do what the plan says."""
    with open(os.environ["AZUREML_BATCH_PLAN"], encoding="utf-8") as file:
        plan = json.load(file)
    script = load(plan["script"])
    script.init()
    done: list[dict[str, Any]] = []
    for number, batch in plan["batches"]:
        succeeded, rows = 0, ""
        for turn in range(1 + plan["retries"]):
            try:
                succeeded, rows = attempt(script.run, batch, plan["timeout"])
                break
            except Exception:
                sys.stderr.write(f"Mini-batch {number} failed, attempt {turn + 1} of {1 + plan['retries']}.\n")
                sys.stderr.write(traceback.format_exc())
        done.append({"number": number, "files": len(batch), "failed": len(batch) - succeeded, "rows": rows})
    getattr(script, "shutdown", lambda: None)()
    with open(os.environ["AZUREML_BATCH_RESULT"], "w", encoding="utf-8") as file:
        json.dump(done, file)


main()
