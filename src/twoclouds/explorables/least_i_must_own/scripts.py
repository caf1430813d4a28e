"""The scripts of `least_i_must_own`: what each needs, and the rungs on which it is tried."""

from __future__ import annotations

from dataclasses import dataclass

RUNGS = ("nothing of mine runs", "my script, in a ready image", "and a list of packages", "an image of my own")

LADDERS = {
    "azure": (
        ("an AutoML job", "a table, a column, a few settings"),
        ("my script in a curated environment", "the script"),
        ("a base image and a conda file", "the script and a list; Azure builds the image, once for each definition"),
        ("a build context with a Dockerfile", "all of it; Azure builds it, and you mend it"),
    ),
    "aws": (
        ("a built-in algorithm’s image", "a table in its format, a few settings"),
        ("my script in an image of AWS’s", "the script"),
        ("the same and a requirements.txt", "the script and a list; pip installs it at each start"),
        ("an image in ECR", "all of it; you build it, push it, and mend it"),
    ),
}
"""For each rung its name on a cloud, and what is then yours."""


@dataclass(frozen=True)
class Script:
    """What a script needs: `packages` from an index, and whether a program that is on none (`program`).

    `trains` is false if there is no script. `here` is false for what this lab lacks: then what the vendors say that
    their images hold decides, and nothing runs.
    """

    name: str
    title: str
    text: str
    packages: tuple[str, ...] = ()
    program: bool = False
    trains: bool = True
    here: bool = True
    remark: str = ""


TABLE = Script(
    "table",
    "No script: a table, and the column to predict",
    "machine,age,load,temperature,vibration,failed\nm000,…",
    trains=False,
    remark="“Azure has no shortcut” is not so: an AutoML job trains without a script of yours, and tries several "
    "algorithms, which you pay for. SageMaker’s built-in algorithm is one, and it is you who chooses it.",
)

BOOSTED = Script(
    "lightgbm",
    "Trees with LightGBM",
    "import lightgbm\nimport numpy\n\n"
    "rows = lightgbm.Dataset(numpy.eye(40), numpy.arange(40) % 2)\n"
    'lightgbm.train({"objective": "binary", "verbosity": -1}, rows, 5)\n',
    packages=("lightgbm", "numpy"),
    remark="AWS’s guide counts LightGBM among its built-in algorithms all the same: there, a script of AWS’s fetched "
    "from JumpStart installs it, and yours does not run. This lab does not simulate JumpStart.",
)

XGBOOST = Script(
    "xgboost",
    "A loop of your own around XGBoost",
    "import numpy\nimport xgboost\n\n"
    "rows = xgboost.DMatrix(numpy.eye(40), numpy.arange(40) % 2)\n"
    "for depth in (2, 4):\n"
    '    xgboost.train({"objective": "binary:logistic", "max_depth": depth}, rows, 5)\n',
    packages=("xgboost>=1.7", "numpy"),
    remark="Microsoft has no environment of that name. The one called lightgbm-3.3 holds XGBoost as well: a name says "
    "neither all that an image holds, nor how new it is.",
)

TORCH = Script(
    "torch",
    "A checkpoint that loads in PyTorch 2.2 alone",
    'import torch\n\nassert torch.__version__.startswith("2.2.")\nmodel = torch.load("checkpoint.pt")\n',
    packages=("torch==2.2.*",),
    here=False,
    remark="“The name says the version” is not so: acpt-pytorch-2.2-cuda12.1 installed PyTorch 2.10.0 in July 2026. "
    "AWS’s tag does say it. (On Azure a public image such as pytorch/pytorch:2.2.0 may be named instead, and is then "
    "yours to trust.) This lab has no PyTorch: the recipes decide here, and nothing ran.",
)

COMPANY = Script(
    "sensorscale",
    "A small package of your company’s",
    "from sensorscale import Scaler\n\nScaler().fit([[41.0, 0.7], [63.0, 0.9]])\n",
    packages=("sensorscale",),
    remark="It lies on an index, so a list is enough; the index has to be within reach of what installs it: Azure’s "
    "image build, SageMaker’s machine.",
)

PROGRAM = Script(
    "plantlog",
    "A program that the maker of your machines ships",
    'import subprocess\n\nsubprocess.run(["/opt/plantlog/decode", "night.bin"], check=True)\n',
    program=True,
    remark="No index has it, so no list can name it. From here on nobody mends the image but you.",
)

SCRIPTS = (TABLE, BOOSTED, XGBOOST, TORCH, COMPANY, PROGRAM)
