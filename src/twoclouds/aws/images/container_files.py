"""What AWS's images carry besides packages: the programs of `containers/`, and the names that scripts import.

A script may use the toolkits by name (`sagemaker_inference`, `sagemaker_containers`, `sagemaker_xgboost_container`,
`sagemaker_training`); what it can need of them is handed on to the programs here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

HOME = "/opt/amazon"
SERVER = f"{HOME}/bin/server.py"
"""The WSGI application of an image that has the programs."""

ENVIRONMENT = {
    "PATH": f"{HOME}/bin:${{PATH}}",
    "PYTHONPATH": HOME,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""One thread, so that sums come out the same on every machine."""

CONTENT_TYPES = "from containers.encoders import CSV, JSON, NPY, NPZ, UTF8_TYPES\nANY = '*/*'\n"
ERRORS = "from containers.encoders import UnsupportedFormatError\nclass ClientError(Exception):\n    pass\n"
ENCODERS = "from containers.encoders import UnsupportedFormatError, decode, encode\n"
RESPONSE = '''\
from containers import wsgi


class Response(wsgi.Response):
    """A body and its content type, by the names that scripts give them."""

    def __init__(self, response=None, accept=None, status=200, headers=None, mimetype=None, **rest):
        super().__init__(response if response is not None else b"", mimetype or accept or "application/json", status)
'''
FRAMEWORK = "from . import content_types, encoders, env, errors, worker\n"
ENV = """\
from containers.toolkit_environment import Environment
TrainingEnv = Environment
model_dir = Environment.model_dir
"""
XGBOOST_ENCODER = """\
import numpy as np
import xgboost as xgb
from containers import xgboost_data
from containers.encoders import UnsupportedFormatError


def _text(data):
    return bytes(data).decode() if isinstance(data, (bytes, bytearray)) else data


def csv_to_dmatrix(input, dtype=None):
    return xgb.DMatrix(xgboost_data.csv_rows(_text(input).strip()))


def libsvm_to_dmatrix(string_like):
    return xgb.DMatrix(xgboost_data.libsvm_rows(_text(string_like))[0])


def recordio_protobuf_to_dmatrix(string_like):
    return xgboost_data.request(bytes(string_like), xgboost_data.RECORDIO)


def decode(obj, content_type):
    name = content_type.split(";")[0].strip()
    if "/" not in name or name not in xgboost_data.KINDS:
        raise UnsupportedFormatError(name)
    return xgboost_data.request(obj.encode() if isinstance(obj, str) else bytes(obj), xgboost_data.KINDS[name])
"""
XGBOOST_DATA = """\
from containers import xgboost_data


def get_content_type(value):
    return xgboost_data.kind(value)


def get_dmatrix(path, content_type, csv_weights=0, is_pipe=False):
    return xgboost_data.channel(path, xgboost_data.kind(content_type), weights=csv_weights == 1)
"""

NAMES = {
    "sagemaker_inference": {
        "content_types": CONTENT_TYPES,
        "decoder": ENCODERS,
        "encoder": ENCODERS + "SUPPORTED_CONTENT_TYPES = {'application/json', 'text/csv', 'application/x-npy'}\n",
        "errors": ERRORS,
    },
    "sagemaker_training": {"environment": ENV, "content_types": CONTENT_TYPES, "errors": ERRORS},
    "sagemaker_containers": {"_content_types": CONTENT_TYPES, "_encoders": ENCODERS, "_errors": ERRORS},
    "sagemaker_containers/beta": {},
    "sagemaker_containers/beta/framework": {
        "content_types": CONTENT_TYPES,
        "encoders": ENCODERS,
        "env": ENV,
        "errors": ERRORS,
        "worker": RESPONSE,
        "__init__": FRAMEWORK,
    },
    "sagemaker_xgboost_container": {"encoder": XGBOOST_ENCODER, "data_utils": XGBOOST_DATA},
}


def files(image: Mapping[str, Any]) -> dict[str, bytes]:
    """The files by their path in the image; `image` is what the programs find in image.json."""
    return {**_programs(), f"{HOME}/image.json": json.dumps(image, sort_keys=True).encode()}


def _modules(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("program_")]


@cache
def _programs() -> dict[str, bytes]:
    folder = Path(__file__).parent / "containers"
    found = {f"{HOME}/containers/{path.name}": path.read_bytes() for path in _modules(folder)}
    found[f"{HOME}/bin/train"] = (folder / "program_train.py").read_bytes()
    found[SERVER] = (folder / "program_server.py").read_bytes()
    for package, modules in NAMES.items():
        for name, text in {"__init__": "", **modules}.items():
            found[f"{HOME}/{package}/{name}.py"] = text.encode()
    return found
