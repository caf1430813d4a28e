"""The web server of XGBoost as a built-in algorithm: csv, libsvm and RecordIO in; csv, JSON, JSON lines out."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import warnings
from typing import Any

import numpy as np
import xgboost

from . import encoders, places, tables
from .wsgi import App, Request, Response
from .wsgi import application as wsgi_application
from .xgboost_data import CSV, LIBSVM, RECORDIO, kind
from .xgboost_data import request as parsed

ACCEPTED = ["application/json", "application/jsonlines", "application/x-recordio-protobuf", "text/csv"]
TEXT = "text/html; charset=utf-8"
PICKLE = b"\x80"


class Booster:
    """The model of this container, and how it was stored."""

    def __init__(self) -> None:
        paths = [path for path in places.files(places.MODEL) if os.path.dirname(path) == places.MODEL]
        if not paths:
            raise IndexError("list index out of range")
        loaded = [_load(path) for path in paths]
        self.boosters = [booster for booster, _ in loaded]
        self.pickled = loaded[0][1]
        self.objective = json.loads(self.boosters[0].save_config())["learner"]["objective"]["name"]
        print(f"Model objective : {self.objective}", flush=True)

    def predict(self, data: Any, given: str) -> Any:
        """Predictions: of several models (folds) their mean, or what most of them say. Raises ValueError."""
        if self.pickled:
            self._check(data, given)
        found = [booster.predict(data, validate_features=False) for booster in self.boosters]
        if len(found) > 1 and self.objective in ("multi:softmax", "binary:hinge"):
            return np.array([np.bincount(column.astype(int)).argmax() for column in np.array(found).T], dtype=float)
        return found[0] if len(found) == 1 else np.mean(found, axis=0)

    def _check(self, data: Any, given: str) -> None:
        trained, asked = self.boosters[0].num_features(), data.num_col()
        if given == LIBSVM and asked > trained + 1:
            raise ValueError(
                f"Feature size of libsvm inference data {asked} is larger than feature size of trained model {trained}."
            )
        if given in (CSV, RECORDIO) and asked not in (trained, trained - 1):
            raise ValueError(
                f"Feature size of {given} inference data {asked} is not consistent "
                f"with feature size of trained model {trained}."
            )


def application() -> App:
    """Answer with the model in /opt/ml/model, loaded when first asked."""
    kept: list[Booster] = []
    warnings.simplefilter("ignore")  # XGBoost's name the time of day

    def booster() -> Booster:
        if not kept:
            kept.append(Booster())
        return kept[0]

    def ping() -> Response:
        booster()
        return Response(b"", TEXT)

    def invoke(request: Request) -> Response:
        if not request.body:
            return Response(b"", TEXT, 204)
        try:
            given = kind(request.content_type)
            data = _parsed(request.body, given)
        except Exception as error:
            return _refused(str(error), 415)
        try:
            predictions = booster().predict(data, given)
        except Exception as error:
            return _refused(f"Unable to evaluate payload provided: {_reason(error)}", 400)
        accept = tables.content_type(request.accept)[0]
        if not accept or accept == "*/*":
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
        if accept not in ACCEPTED:
            return _refused(
                f"Accept type {accept} is not supported. Please use supported accept types: {ACCEPTED}.", 406
            )
        return Response(_encoded(predictions.tolist(), accept), accept)

    return wsgi_application(invoke, ping, execution_parameters=_parameters)


def _parsed(body: bytes, given: str) -> Any:
    try:
        return parsed(body, given)
    except Exception as error:
        raise RuntimeError(
            f"Loading {given} data failed with Exception, please ensure data is in {given} format:\n "
            f"{type(error)}\n {error}"
        ) from None


def _encoded(predictions: list[Any], accept: str) -> Any:
    if os.environ.get("SAGEMAKER_BATCH"):
        return "\n".join(map(str, predictions)) + "\n"
    if accept == "application/json":
        return json.dumps({"predictions": [{"score": one} for one in predictions]})
    if accept in ("application/jsonlines", "application/x-recordio-protobuf"):
        return tables.answer([{"score": one} for one in predictions], "predictions", accept)
    version = places.version(places.image()["version"])
    return encoders.encode(predictions, accept) if version >= (1, 5) else ",".join(map(str, predictions))


def _parameters() -> Response:
    most = int(os.environ.get("MAX_CONTENT_LENGTH", 6_291_456)) // 1024**2
    value = {"MaxConcurrentTransforms": os.cpu_count(), "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": most}
    return Response(json.dumps(value))


def _refused(text: str, status: int) -> Response:
    print(text, flush=True)
    return Response(text, TEXT, status)


class _State(pickle.Unpickler):
    """Reads a pickled Booster of any version: not the object, but its state."""

    def find_class(self, module: str, name: str) -> Any:
        """See :class:`pickle.Unpickler`."""
        if (module, name) == ("xgboost.core", "Booster"):
            return _Pickled
        return super().find_class(module, name)


class _Pickled:
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


def _load(path: str) -> tuple[Any, bool]:
    """A Booster from a file, pickled or XGBoost's own, and whether it was pickled."""
    print(f"Loading the model from {path}", flush=True)
    with open(path, "rb") as file:
        content = file.read()
    pickled = content.startswith(PICKLE)
    try:
        booster = _unpickled(content) if pickled else _plain(content)
    except Exception as error:
        raise RuntimeError(f"Model {path} cannot be loaded:\n{_reason(error)}") from None
    booster.set_param({"nthread": 1})
    return booster, pickled


def _unpickled(content: bytes) -> Any:
    """From a pickle: a snapshot of a Booster; before version 1.0 its model alone."""
    state, booster = _State(io.BytesIO(content)).load().state, xgboost.Booster()
    if bytes(state["handle"][:1]) == b"\0":
        booster.load_model(bytearray(state["handle"]))
    else:
        booster.__setstate__(dict(state))
    return booster


def _plain(content: bytes) -> Any:
    if content[:64].isascii() and not content.startswith((b"{", b"binf")):
        raise ValueError("this is no model of XGBoost's")
    booster = xgboost.Booster()
    booster.load_model(bytearray(content))
    return booster


def _reason(error: Exception) -> str:
    """What XGBoost says, without the time of day and the addresses in memory."""
    return re.sub(r"^\[[\d:]+\] \S+ ", "", str(error).split("\nStack trace")[0])
