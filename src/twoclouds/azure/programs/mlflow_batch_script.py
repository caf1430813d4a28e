"""The scoring script of a batch deployment that has none: an MLflow model predicts each row of each file.

Files of tables are read (CSV, Parquet, JSON); of each row its number, the prediction and the file's name are kept
(https://learn.microsoft.com/azure/machine-learning/how-to-mlflow-batch).
"""

from __future__ import annotations

import csv
import io
import os
from typing import Any

model: Any = None


def init() -> None:
    """Load the model."""
    global model
    import mlflow

    folder = os.path.join(os.environ["AZUREML_MODEL_DIR"], os.environ["MLFLOW_MODEL_FOLDER"])
    model = mlflow.pyfunc.load_model(folder)


def run(mini_batch: list[str]) -> list[str]:
    """Predict a mini-batch of files."""
    lines: list[str] = []
    for path in mini_batch:
        predictions = model.predict(typed(read(path)))
        values = predictions.to_dict("records") if hasattr(predictions, "to_dict") else list(predictions)
        lines += [line(number, value, os.path.basename(path)) for number, value in enumerate(values)]
    return lines


def read(path: str) -> Any:
    """A file as a table."""
    import pandas as pd

    kind = os.path.splitext(path)[1].lower()
    readers: dict[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".json": pd.read_json}
    if kind not in readers:
        raise ValueError(f"{os.path.basename(path)}: files of type '{kind}' cannot be read as a table.")
    return readers[kind](path)


def typed(data: Any) -> Any:
    """The columns in the types that the model's signature names, where it has one."""
    schema = model.metadata.get_input_schema() if model.metadata.signature else None
    if schema is None or not schema.has_input_names():
        return data
    types = dict(zip(schema.input_names(), schema.pandas_types(), strict=True))
    return data.astype({name: kind for name, kind in types.items() if name in data.columns})


def line(*values: Any) -> str:
    """Values as a line of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
