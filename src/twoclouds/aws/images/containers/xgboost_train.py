"""XGBoost as a built-in algorithm: hyperparameters in, the log's metrics, a model file."""

from __future__ import annotations

import os
import pickle
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost

from . import hyperparameters, places
from .hyperparameters import Invalid
from .toolkit_log import log
from .xgboost_data import UserError, channel, kind
from .xgboost_metrics import custom

ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
OWN = ("num_round", "csv_weights", "early_stopping_rounds", "save_model_on_termination", "use_dask_gpu_training")
"""What the container takes for itself; the rest goes to XGBoost."""


class AlgorithmError(Exception):
    """XGBoost itself refuses."""


AlgorithmError.__module__ = "sagemaker_algorithm_toolkit.exceptions"


def train(image: Mapping[str, Any]) -> None:
    """Train on the channels `train` and, if there is one, `validation`, and leave the model. Raises UserError."""
    log("Running XGBoost Sagemaker in algorithm mode")
    version = places.version(image["version"])
    parameters = checked(places.config("hyperparameters"), image["hyperparameters"])
    channels = _channels()
    data_kind = kind(channels["train"].get("ContentType"))
    log("Determined 0 GPU(s) available on the instance.")
    weights = parameters.get("csv_weights") == 1
    found = {name: channel(f"{places.DATA}/{name}", data_kind, weights=weights) for name in channels if name != "code"}
    for name in found:
        if found[name] is None:
            word = "training" if name == "train" else "validation"
            raise UserError(f"No data in {word} channel path {places.DATA}/{name}")
    log("Single node training.")
    log(f"Train matrix has {found['train'].num_row()} rows and {found['train'].num_col()} columns")
    if "validation" in found:
        log(f"Validation matrix has {found['validation'].num_row()} rows")
    try:
        booster = _boosted(parameters, found, version)
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        reason = re.sub(r"^\[[\d:]+\] \S+ ", "", str(error).split("\nStack trace")[0])
        raise AlgorithmError(f"XGB train call failed with exception:\n {reason}") from None
    for name, fold in booster.items():
        save(fold, f"{places.MODEL}/{name}", version)


def checked(given: Mapping[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    """The hyperparameters as values. Raises UserError, in the words of SageMaker's algorithm toolkit."""
    given = {ALIASES.get(name, name): value for name, value in given.items()}
    known = {rule["name"]: rule for rule in rules}
    for name, rule in known.items():
        if rule["required"] and name not in given:
            raise UserError(f"Missing required hyperparameter: {name}")
    for name in given:
        if name not in known:
            raise UserError(f"Extraneous hyperparameter found: {name}")
    values = {name: _value(known[name], str(text)) for name, text in given.items()}
    if str(values.get("objective", "")).startswith("multi:") and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if "auc" in values.get("eval_metric", ()) and not str(values.get("objective", "")).startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    return values


def _value(rule: Mapping[str, Any], text: str) -> Any:
    name, allowed = rule["name"], hyperparameters.interval(rule) or hyperparameters.words(rule)
    if rule["kind"] == "list":
        values = [value.split("@")[0] for value in text.split(",")]
        if not all(value in hyperparameters.words(rule) for value in values):
            raise UserError(f"Hyperparameter {name}: value {text.split(',')} not in range {allowed}")
        return text.split(",")
    try:
        return hyperparameters.value_of(rule, text)
    except Invalid:
        if rule["kind"] in ("integer", "number") and not _parses(rule["kind"], text):
            raise UserError(f"Hyperparameter {name}: could not parse value (caused by ValueError)") from None
        raise UserError(f"Hyperparameter {name}: {text} is not in {allowed}") from None


def _parses(kind: str, text: str) -> bool:
    try:
        int(text) if kind == "integer" else float(text)
    except ValueError:
        return False
    return True


def _channels() -> dict[str, Any]:
    channels: dict[str, Any] = places.config("inputdataconfig")
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name in channels:
        if name not in ("train", "validation", "code"):
            raise UserError(f"Extraneous channel found: {name}")
    return channels


def settings(parameters: Mapping[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    """What XGBoost is asked for. What an older version did without being asked, the lab's is asked to do."""
    asked = {name: value for name, value in parameters.items() if name not in OWN and not name.startswith("_")}
    asked.pop("silent", None)
    if "updater" in asked:
        asked["updater"] = ",".join(asked["updater"])
    if version < (2,):
        if asked.get("tree_method", "auto") == "auto" and asked.get("booster", "gbtree") != "gblinear":
            asked["tree_method"] = "exact"
        asked.setdefault("base_score", 0.5)
    return {"nthread": 1, "verbosity": 1, **asked}


def _boosted(parameters: dict[str, Any], data: Mapping[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    """The model, or one for each fold, by the name of its file."""
    asked = settings(parameters, version)
    metrics, own = custom(_metrics(parameters))
    if metrics:
        asked["eval_metric"] = metrics
    else:
        asked.pop("eval_metric", None)
    if "_kfold" in parameters:
        return _folds(asked, own, parameters, data)
    rounds = parameters.get("early_stopping_rounds")
    callbacks: list[Any] = [_Printer()]
    if rounds:
        watched = "validation" if "validation" in data else "train"
        log(f"early stopping is on: the last metric on '{watched}', after {rounds} rounds without a better one")
        callbacks.append(xgboost.callback.EarlyStopping(rounds=rounds, data_name=watched, save_best=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        booster = xgboost.train(
            asked,
            data["train"],
            num_boost_round=parameters["num_round"],
            evals=[(matrix, name) for name, matrix in data.items()],
            custom_metric=own,
            callbacks=callbacks,
            verbose_eval=False,
        )
    return {"xgboost-model": booster}


def _folds(asked: dict[str, Any], own: Any, parameters: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    from sklearn.model_selection import KFold, StratifiedKFold

    train, folds = data["train"], parameters["_kfold"]
    sorts = str(asked.get("objective", "")).startswith(("binary:", "multi:"))
    split = (StratifiedKFold if sorts else KFold)(folds, shuffle=True, random_state=0)
    found, results = {}, []
    for number, (some, rest) in enumerate(split.split(np.zeros(train.num_row()), train.get_label())):
        log(f"Train cross validation fold {number + 1}")
        result: dict[str, Any] = {}
        parts = [(train.slice(some), "train"), (train.slice(rest), "validation")]
        found[f"xgboost-model-{number}"] = xgboost.train(
            asked, parts[0][0], parameters["num_round"], evals=parts, custom_metric=own, evals_result=result,
            verbose_eval=False, callbacks=[_Printer()],
        )  # fmt: skip
        results.append(result)
    log("The metrics of round 1 cross validation")
    means = [
        f"\t{name}-{metric}:{np.mean([one[name][metric][-1] for one in results]):.5f}"
        for metric in results[0]["train"]
        for name in results[0]
    ]
    print(f"[{parameters['num_round']}]{''.join(means)}", flush=True)
    return found


def _metrics(parameters: Mapping[str, Any]) -> list[str]:
    """The metrics that are asked for, by the caller and by a tuning job."""
    asked = list(parameters.get("eval_metric", []))
    tuned = parameters.get("_tuning_objective_metric")
    if tuned:
        name = tuned.split(":")[1]
        log(f"Setting up HPO optimized metric to be : {name}")
        return sorted({*asked, name})
    return asked


class _Printer(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """A line of metrics for each round."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """See :class:`xgboost.callback.TrainingCallback`."""
        values = [
            f"\t{name}-{metric}:{history[-1]:.5f}"
            for name, metrics in evals_log.items()
            for metric, history in metrics.items()
        ]
        print(f"[{epoch}]{''.join(values)}", flush=True)
        return False


def save(booster: Any, path: str, version: tuple[int, ...]) -> None:
    """Up to 1.2 a pickled Booster; from 1.3 on what `Booster.save_model` writes."""
    if version < (1, 3):
        with open(path, "wb") as file:
            pickle.dump(booster, file, protocol=4)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        booster.save_model(f"{path}.ubj")
    os.replace(f"{path}.ubj", path)
