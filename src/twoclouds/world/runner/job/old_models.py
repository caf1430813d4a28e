"""Models that an older scikit-learn has pickled, where this lab's newer one stands in for it.

In the image that was asked for they load; here the newer one has moved what they name: trees have grown a column, the
losses of gradient boosting are other classes, estimators have parameters that they had not. Nothing is changed in an
image whose scikit-learn is the one asked for: there, an old model fails as it does in the cloud.
"""

from __future__ import annotations

import copyreg
import importlib.abc
import importlib.machinery
import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .network import WhenImported

LOSSES = "sklearn.ensemble._gb_losses"


def install() -> Callable[[], None]:
    """Read old pickles from now on, until what is returned is called."""
    undo: list[Callable[[], None]] = []

    def put(holder: Any, name: Any, value: Any) -> None:
        if isinstance(holder, dict):
            undo.append(lambda: holder.pop(name, None))
            holder[name] = value
            return
        before = vars(holder).get(name, undo)
        undo.append(lambda: delattr(holder, name) if before is undo else setattr(holder, name, before))
        setattr(holder, name, value)

    for name, bridge in (
        ("sklearn.base", _parameters),
        ("sklearn.preprocessing._encoders", _encoders),
        ("sklearn.compose._column_transformer", _columns),
        ("sklearn.tree._tree", _trees),
        ("sklearn.ensemble._gb", _boosting),
    ):
        if name in sys.modules:
            bridge(sys.modules[name], put)
        else:
            sys.meta_path.insert(0, WhenImported(name, lambda module, bridge=bridge: bridge(module, put)))
    sys.meta_path.append(Losses())

    def restore() -> None:
        for step in reversed(undo):
            step()
        sys.modules.pop(LOSSES, None)

    return restore


class Losses(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A module that scikit-learn had until version 1.3: a pickle names its classes, and nothing calls them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find that module, where scikit-learn has none of the name."""
        return importlib.machinery.ModuleSpec(name, self) if name == LOSSES else None

    def exec_module(self, module: ModuleType) -> None:
        """Every name in it is a class."""
        module.__dict__["__getattr__"] = lambda name: type(name, (), {"__module__": LOSSES})


Put = Callable[[Any, Any, Any], None]


def _parameters(module: Any, put: Put) -> None:
    """What an estimator's constructor takes today, and the pickle does not hold, has its default."""
    base = module.BaseEstimator
    real = base.__setstate__

    def set_state(self: Any, state: dict[str, Any]) -> None:
        real(self, state)
        for kind in type(self).__mro__:
            own = kind.__dict__.get("__init__")
            for name, parameter in inspect.signature(own).parameters.items() if callable(own) else ():
                if parameter.default is not parameter.empty and name not in self.__dict__:
                    self.__dict__[name] = parameter.default

    put(base, "__setstate__", set_state)


def _encoders(module: Any, put: Put) -> None:
    """What encoders note while they are fitted, and did not: that no category is infrequent."""
    put(module._BaseEncoder, "_infrequent_enabled", False)
    put(module.OrdinalEncoder, "_missing_indices", {})


def _columns(module: Any, put: Put) -> None:
    """Columns that pass through a transformer of columns do so through an object; it was a word."""
    kind = module.ColumnTransformer

    def passing(self: Any, columns: Any) -> Any:
        function = module.FunctionTransformer
        made = function(accept_sparse=True, check_inverse=False, feature_names_out="one-to-one")
        names = getattr(self, "feature_names_in_", None)
        chosen = [name if isinstance(name, str) or names is None else names[name] for name in columns]
        made.n_features_in_ = len(chosen)
        if names is not None:
            made.feature_names_in_ = names[[list(names).index(name) for name in chosen]]
        return made

    def set_state(self: Any, state: dict[str, Any]) -> None:
        super(kind, self).__setstate__(state)
        if "transformers_" in self.__dict__:
            self.transformers_ = [
                (name, passing(self, columns) if how == "passthrough" else how, columns)
                for name, how, columns in self.transformers_
            ]

    put(kind, "__setstate__", set_state)


def _trees(module: Any, put: Put) -> None:
    import numpy as np

    real = module.Tree
    today = real(1, np.array([1], dtype=np.intp), 1).__getstate__()["nodes"].dtype

    def set_state(self: Any, state: dict[str, Any]) -> None:
        nodes = state["nodes"]
        if nodes.dtype != today:
            wider = np.zeros(nodes.shape, today)
            for name in nodes.dtype.names:
                wider[name] = nodes[name]
            state = {**state, "nodes": wider}
        real.__setstate__(self, state)

    def reduce(self: Any) -> Any:
        return (module.Tree, *real.__reduce__(self)[1:])

    put(copyreg.dispatch_table, real, reduce)  # of trees that were made by whoever imported the class before
    # Other compiled modules look for this table when they are imported.
    members = {"__slots__": (), "__pyx_vtable__": real.__pyx_vtable__, "__module__": module.__name__}
    put(module, "Tree", type("Tree", (real,), {**members, "__setstate__": set_state, "__reduce__": reduce}))


def _boosting(module: Any, put: Put) -> None:
    base = module.BaseGradientBoosting
    real = base.__setstate__

    def set_state(self: Any, state: dict[str, Any]) -> None:
        real(self, state)
        if "_loss" not in self.__dict__ and "loss_" in self.__dict__:
            from sklearn._loss import loss

            classes = len(getattr(self, "classes_", ()))
            several = classes > 2
            kind = loss.HalfMultinomialLoss(n_classes=classes) if several else loss.HalfBinomialLoss()
            self._loss = kind if classes else loss.HalfSquaredError()
            self.n_trees_per_iteration_ = classes if several else 1

    put(base, "__setstate__", set_state)
