"""The user's handlers (model_fn, input_fn, predict_fn, output_fn, transform_fn), and what stands in for the others."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from inspect import signature
from typing import Any

from . import encoders, places

MODEL_CODE = f"{places.MODEL}/code"
NO_MODEL_FN = (
    "\nPlease provide a model_fn implementation.\n"
    "See documentation for model_fn at https://github.com/aws/sagemaker-python-sdk\n"
)
BOTH = "Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn"


class Handlers:
    """The functions of a module of the user's, or their defaults."""

    def __init__(self, module: Any, framework: str) -> None:
        def own(name: str, default: Callable[..., Any] | None = None) -> Any:
            return getattr(module, name, default)

        rest = own("input_fn"), own("predict_fn"), own("output_fn")
        if own("transform_fn") and any(rest):
            raise ValueError(BOTH)
        defaults = Defaults(framework)
        self._model_fn = own("model_fn", defaults.model_fn)
        self._transform = own("transform_fn", self._three)
        self._input_fn = rest[0] or defaults.input_fn
        self._predict_fn = rest[1] or defaults.predict_fn
        self._output_fn = rest[2] or defaults.output_fn
        self.model: Any = None

    def load(self) -> None:
        """Load the model."""
        self.model = call(self._model_fn, places.MODEL)

    def transform(self, data: Any, content_type: str, accept: str) -> Any:
        """The answer to a request."""
        return call(self._transform, self.model, data, content_type, accept)

    def _three(self, model: Any, data: Any, content_type: str, accept: str) -> Any:
        try:
            decoded = call(self._input_fn, data, content_type)
        except encoders.UnsupportedFormatError as error:
            raise NotTaken(415, error) from error
        prediction = call(self._predict_fn, decoded, model)
        try:
            return call(self._output_fn, prediction, accept)
        except encoders.UnsupportedFormatError as error:
            raise NotTaken(406, error) from error


class NotTaken(Exception):
    """A content type that a default handler does not take (415), or give (406)."""

    def __init__(self, status: int, cause: Exception) -> None:
        super().__init__(str(cause))
        self.status = status


class Defaults:
    """A framework's own handlers."""

    def __init__(self, framework: str) -> None:
        self._framework = framework

    def model_fn(self, model_dir: str) -> Any:
        """Load a model: only PyTorch's image has a way of its own."""
        if self._framework == "pytorch":
            import torch  # type: ignore[import-not-found]

            return torch.jit.load(f"{model_dir}/model.pt")
        if self._framework in ("huggingface", "tensorflow"):
            importlib.import_module({"huggingface": "transformers"}.get(self._framework, self._framework))
        raise NotImplementedError(NO_MODEL_FN)

    def input_fn(self, data: Any, content_type: str) -> Any:
        """Decode a request."""
        if self._framework == "xgboost":
            from .xgboost_data import KINDS, request

            if content_type not in KINDS or content_type == encoders.JSON:
                raise encoders.UnsupportedFormatError(content_type)
            return request(data.encode() if isinstance(data, str) else data, KINDS[content_type])
        array = encoders.decode(data, content_type, flat=self._framework == "sklearn")
        if self._framework == "sklearn" and content_type in encoders.UTF8_TYPES:
            return array.astype("float32")
        return array

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Ask the model."""
        if self._framework == "xgboost":
            return model.predict(data, validate_features=False)
        if hasattr(model, "predict"):
            return model.predict(data)
        return model(data)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        """Encode an answer."""
        for kind in accept.replace(" ", "").split(","):
            if kind in (encoders.JSON, encoders.CSV, encoders.NPY):
                return encoders.encode(prediction, kind), kind
        raise encoders.UnsupportedFormatError(accept)


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a handler, with the context as its last argument if it takes one more than it needs."""
    try:
        wanted = len(signature(function).parameters)
    except (TypeError, ValueError):
        wanted = len(arguments)
    return function(*arguments, None) if wanted == len(arguments) + 1 else function(*arguments)


def module(framework: str) -> Any:
    """Fetch and import the user's module, its requirements installed; None where the image has no code to run.

    The scikit-learn image asks Python for the module that SAGEMAKER_PROGRAM names, whether it names one or not.
    """
    from .toolkit_train import fetch, install

    program = os.environ.get("SAGEMAKER_PROGRAM", "")
    if framework == "sklearn" and not program:
        raise AttributeError("'NoneType' object has no attribute 'startswith'")
    submitted = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "").removeprefix("file://")
    folder = MODEL_CODE
    if submitted.startswith("s3://"):
        folder = places.CODE
        fetch(submitted)
    elif submitted.startswith("/"):
        folder = submitted.rstrip("/")
    name = (program or "inference.py").removesuffix(".py")
    if not os.path.exists(f"{folder}/{name}.py"):
        if program:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return None
    if os.path.exists(f"{folder}/requirements.txt"):
        install(folder)
    sys.path.insert(0, places.importable(folder))
    return importlib.import_module(name)
