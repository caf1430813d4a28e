"""`docker run IMAGE train`: the algorithm, or the toolkit with the user's script."""

from __future__ import annotations

import os
import sys
import traceback

from . import places
from .toolkit_log import log


def main() -> None:
    """Train, and end as SageMaker expects it."""
    image = places.image()
    if image["kind"] == "algorithm" and image["algorithm"] != "xgboost":
        from .algorithm import train

        train()
        return
    from .toolkit_train import ClientError

    try:
        _toolkit(image)
    except ClientError as error:
        _fail(str(error), str(error))
    except Exception as error:
        text = f"framework error: \n{traceback.format_exc(limit=-1)}\n{error}"
        _fail(text, text, code=getattr(error, "errno", 1) or 1)
    log("Reporting training SUCCESS")


def _toolkit(image: dict[str, str]) -> None:
    from .toolkit_environment import Environment

    log(f"Imported framework {image['module'].partition(':')[0]}")
    log("No GPUs detected (normal if no gpus installed)")
    environment = Environment()
    if environment.user_entry_point:
        from .toolkit_train import run

        run(environment)
    elif image["framework"] == "xgboost":
        os.environ.update(environment.to_env_vars())
        from .xgboost_train import train

        train(image)
    else:
        raise AttributeError("'NoneType' object has no attribute 'endswith'")


def _fail(text: str, shown: str, code: int = 1) -> None:
    log("Reporting training FAILURE", level="ERROR")
    log(shown, level="ERROR")
    places.write_failure(text)
    log(f"Encountered exit_code {code}", level="ERROR")
    sys.exit(code)
