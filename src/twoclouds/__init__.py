"""Two simulated clouds for the real SDKs of Azure Machine Learning and Amazon SageMaker AI.

    import twoclouds
    lab = twoclouds.open()

From here on `azure-ai-ml`, `boto3` and `sagemaker` talk to the simulated clouds of `lab`, until `lab.close()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twoclouds.lab import Lab, open
    from twoclouds.wire.errors import NotSimulated

__all__ = ["Lab", "NotSimulated", "open"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("Lab", "open"):
        from twoclouds import lab

        return getattr(lab, name)
    if name == "NotSimulated":
        from twoclouds.wire.errors import NotSimulated

        return NotSimulated
    raise AttributeError(f"module 'twoclouds' has no attribute {name!r}")
