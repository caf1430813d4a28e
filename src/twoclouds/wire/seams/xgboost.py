"""XGBoost 3.0 asks its estimators for the name of their kind, which scikit-learn gave them until 1.6: `save_model`."""

from __future__ import annotations

from types import ModuleType

from twoclouds.wire.patches import Patches

KINDS = {"XGBClassifier": "classifier", "XGBRegressor": "regressor", "XGBRanker": "ranker"}


def _name_kinds(patches: Patches, module: ModuleType) -> None:
    for name, kind in KINDS.items():
        patches.attribute(getattr(module, name), "_estimator_type", kind)


MODULES = {"xgboost.sklearn": _name_kinds}
