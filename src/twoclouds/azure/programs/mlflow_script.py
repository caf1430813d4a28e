"""The scoring script of a deployment that has none: an MLflow model answers `{"input_data": ...}`.

What a request may hold is that of Azure's own script for MLflow models (azureml-assets, mlflow-*-inference):
a frame in the orientation "split" (columns, index, data), a list, or a dictionary of arrays; `params` beside it.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

model: Any = None


def init() -> None:
    """Load the model, wherever in the folder it is."""
    global model
    import mlflow

    folder = os.path.join(os.environ["AZUREML_MODEL_DIR"], os.environ["MLFLOW_MODEL_FOLDER"])
    model = mlflow.pyfunc.load_model(folder)
    logging.info("Loaded the MLflow model %s", os.environ["MLFLOW_MODEL_FOLDER"])


def run(raw_data: str) -> Any:
    """Predict."""
    request = json.loads(raw_data)
    if not isinstance(request, dict) or "input_data" not in request:
        raise ValueError("Request must contain a top level key named 'input_data'")
    return jsonable(model.predict(parsed(request["input_data"]), params=request.get("params")))


def parsed(data: Any) -> Any:
    """What the model is given."""
    import numpy as np
    import pandas as pd

    if isinstance(data, str):
        data = json.loads(data)
    if isinstance(data, list):
        return np.asarray(data)
    if isinstance(data, dict) and {"columns", "index", "data"} <= set(data):
        return pd.DataFrame(**{key: data[key] for key in ("columns", "index", "data")})
    if isinstance(data, dict):
        return {key: np.asarray(value) for key, value in data.items()}
    raise ValueError("input_data is a list, or an object.")


def jsonable(result: Any) -> Any:
    """A prediction as JSON has it."""
    import numpy as np
    import pandas as pd

    if isinstance(result, pd.DataFrame):
        return json.loads(result.to_json(orient="records"))
    if isinstance(result, pd.Series):
        return json.loads(result.to_json(orient="values"))
    if isinstance(result, np.ndarray | np.generic):
        return result.tolist()
    if isinstance(result, dict):
        return {key: jsonable(value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        return [jsonable(value) for value in result]
    return result
