"""What a page says of the vendors: a name is one of theirs or was run, a sum was paid here or is in a catalog."""

import builtins
import csv
import importlib
import inspect
import os
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from tests.notebooks.kernels import ROOT
from twoclouds.practice import notebook
from twoclouds.practice.execute import FOLDERS

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import symbols

pytestmark = pytest.mark.filterwarnings("ignore")

NOTEBOOKS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.ipynb"))
PAGES = sorted((ROOT / "book").glob("*.md"))

FENCE = re.compile(r"^(```|~~~).*?^\1 *$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
WORD = re.compile(r"[A-Za-z_]\w*")
NAME = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+|[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
"""What can only be a name in some program: CamelCase of two words and more, or words with underscores."""

DOTTED = re.compile(r"(?:azure\.(?:ai\.ml|identity|core|storage)|boto3|botocore|sagemaker)(?:\.[A-Za-z_]\w*)+")
SUM = re.compile(r"\$ ?(\d[\d,]*(?:\.\d+)?)")
DRAWN = re.compile(r"<svg.*?</svg>|<script.*?</script>|\bdata-[a-z]+=(\"[^\"]*\"|'[^']*')", re.DOTALL)
"""What of an answer is coordinates and the like."""

PRODUCT = re.compile(r"(\d+(?:\.\d+)?) × \$ ?(\d+(?:\.\d+)?)")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")

SERVICES = (
    *("sagemaker", "sagemaker-runtime", "iam", "sts", "s3", "ecr", "kms", "logs"),
    *("application-autoscaling", "service-quotas", "cloudwatch"),
)
MODULES = (
    *("azure.ai.ml", "azure.ai.ml.entities", "azure.ai.ml.constants", "azure.ai.ml.automl", "azure.ai.ml.dsl"),
    *("azure.ai.ml.sweep", "azure.ai.ml.exceptions", "azure.core.exceptions", "azure.identity"),
    *("sagemaker.core.resources", "sagemaker.core.shapes", "sagemaker.core.image_uris", "sagemaker.core.processing"),
    *("sagemaker.core.training.configs", "sagemaker.core.helper.session_helper", "sagemaker.core.transformer"),
    *("sagemaker.core.inference_config", "sagemaker.train", "sagemaker.serve", "sagemaker.serve.model_builder"),
    *("mlflow", "sklearn.linear_model", "sklearn.preprocessing"),
)
ELSEWHERE = {
    "NotSimulated": "this course",
    "PyTorch": "SageMaker's SDK v2: gone in v3 (migration.md, 2026-08-21)",
    "TensorFlow": "the same",
    "HuggingFace": "the same",
    "automl_tabular_classification": "a component of Azure's public registry (azureml-assets, 2026-07-23)",
}
"""Names that a page may use and that no SDK has; beside each, whose it is."""


def by_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


# Names


@cache
def vendors() -> frozenset[str]:
    """Every name that the SDKs offer: classes, functions, parameters, attributes, operations, members, values."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-west-2")  # without one, some modules cannot be imported
    found: set[str] = set(sys.stdlib_module_names) | set(dir(builtins))
    for name in MODULES:
        found |= set(names_of(importlib.import_module(name)))
    for name in SERVICES:
        found |= set(names_of_service(symbols._model(name)))
    return frozenset(found)


def names_of(module: object) -> Iterator[str]:
    for name, thing in vars(module).items():
        yield name
        if inspect.isclass(thing):
            yield from dir(thing)
            yield from getattr(thing, "model_fields", ())
            for value in vars(thing).values():
                yield from [value] if isinstance(value, str) else []
            yield from (word for each in symbols._callables(thing) for word in parameters(each))
            yield from (word for method in vars(thing).values() for word in parameters(method))
            yield from (word for prop in vars(thing).values() for word in operations(prop))
        elif callable(thing):
            yield from parameters(thing)


def parameters(thing: object) -> tuple[str, ...]:
    if not inspect.isroutine(thing) and not inspect.isclass(thing):
        return ()
    try:
        return tuple(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return ()


def operations(prop: object) -> Iterator[str]:
    """What hangs on `ml_client.jobs` and its like."""
    owner = inspect.signature(prop.fget).return_annotation if isinstance(prop, property) and prop.fget else None
    if inspect.isclass(owner) and owner.__module__.startswith("azure.ai.ml.operations"):
        yield from dir(owner)
        yield from (word for method in vars(owner).values() for word in parameters(method))


def names_of_service(model: object) -> Iterator[str]:
    from botocore import xform_name

    for operation in model.operation_names:
        yield from (operation, xform_name(operation))
    for name in model.shape_names:
        shape = model.shape_for(name)
        yield name
        yield from getattr(shape, "members", ())
        yield from getattr(shape, "enum", ())


def spans(text: str) -> list[str]:
    """The code spans of a text in Markdown, those in blocks of code left out."""
    return SPAN.findall(FENCE.sub("", text))


def names(span: str) -> list[str]:
    """The names in a code span that can only be somebody's: not words, paths, addresses or ids."""
    address = ":" in span and " " not in span and "(" not in span
    if "/" in span or address:
        return []
    return [word for word in WORD.findall(span) if NAME.fullmatch(word)]


def unknown_names(path: Path) -> list[str]:
    """Cell and name of what a notebook's text names, and neither its code and outputs nor the SDKs have."""
    content = notebook.read(path)
    run = set(WORD.findall(" ".join(map(everything, notebook.code_cells(content)))))
    return [
        f"{cell['id']}: {name}"
        for cell in content["cells"]
        if cell["cell_type"] == "markdown"
        for span in spans(notebook.source(cell))
        for name in names(span)
        if name not in run and name not in vendors() and name not in ELSEWHERE
    ]


def everything(cell: notebook.Notebook) -> str:
    """The code of a cell and all that it answered, as text."""
    return f"{notebook.source(cell)} {answers(cell)}"


def answers(cell: notebook.Notebook) -> str:
    parts = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        parts += [str(output.get("text", "")), " ".join(output.get("traceback", ()))]
        parts += [unescape(str(data[kind])) for kind in ("text/plain", "text/html", "image/svg+xml") if kind in data]
    return " ".join(parts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_every_name_in_the_text_is_the_vendors_or_was_run(path: Path) -> None:
    assert unknown_names(path) == []


@pytest.mark.parametrize("path", [*NOTEBOOKS, *PAGES], ids=by_name)
def test_every_dotted_name_of_a_page_can_be_imported(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = notebook.read(path)["cells"]
        text = "\n".join(notebook.source(cell) for cell in cells if cell["cell_type"] == "markdown")
    missing = []
    for span in spans(text):
        for name in DOTTED.findall(span):
            if symbols._dotted(name) is None:
                missing.append(name)
    assert missing == []


# Money


@cache
def priced() -> frozenset[Decimal]:
    """Every number in the catalogs of both clouds."""
    found = set()
    for cloud in ("azure", "aws"):
        for file in (ROOT / "src/twoclouds" / cloud / "data").glob("*.csv"):
            for row in csv.reader(file.read_text("utf-8").splitlines()):
                found |= {Decimal(cell) for cell in row if re.fullmatch(r"\d+(\.\d+)?", cell)}
    return frozenset(found)


def figures(text: str, pattern: re.Pattern[str]) -> list[Decimal]:
    return [
        Decimal((found if isinstance(found, str) else found[0]).replace(",", "")) for found in pattern.findall(text)
    ]


def unpaid(path: Path) -> list[str]:
    """Cell and sum of what a notebook's text says something costs, and neither its outputs nor a catalog has."""
    content = notebook.read(path)
    shown = notebook.read(solution) if (solution := ROOT / "solutions" / path.name).exists() else content
    said = (DRAWN.sub("", answers(cell)) for cell in notebook.code_cells(shown))
    paid = {number for text in said for number in figures(text, NUMBER)}
    known = paid | priced() | promised(path)
    return [
        f"{cell['id']}: ${amount}"
        for cell in content["cells"]
        if cell["cell_type"] == "markdown"
        for amount in figures(FENCE.sub("", notebook.source(cell)), SUM)
        if not any(rounded(number, amount) for number in known | products(notebook.source(cell)))
    ]


def promised(path: Path) -> set[Decimal]:
    """The budgets of an exercise, which are its own: the numbers that its lesson's module checks."""
    module = ROOT / "src/twoclouds/practice" / f"lesson{path.stem[:2]}.py"
    is_exercise = path.parent.name != "notebooks"
    return set(figures(module.read_text("utf-8"), NUMBER)) if is_exercise and module.exists() else set()


def products(text: str) -> set[Decimal]:
    """What a multiplication that is written out comes to: 24 × $0.0464."""
    return {Decimal(times) * Decimal(price) for times, price in PRODUCT.findall(text)}


def rounded(number: Decimal, amount: Decimal) -> bool:
    """Whether a number, written with as many decimals as the amount, is that amount."""
    return amount == number or (amount != 0 and amount == round(number, -int(amount.as_tuple().exponent)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_every_sum_in_the_text_is_an_output_or_in_a_catalog(path: Path) -> None:
    assert unpaid(path) == []


# The tests themselves tell right from wrong


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ("AmlCompute", ["AmlCompute"]),
        ("ModelTrainer(role=…, source_code=SourceCode(…))", ["ModelTrainer", "source_code", "SourceCode"]),
        ("ml_client.jobs.stream", ["ml_client"]),
        ("min_instances=1", ["min_instances"]),
        ("train.py", []),
        ("/opt/ml/input/data/my_data", []),
        ("azureml:sensors_table:1", []),
        ("Azure", []),
    ],
)
def test_which_words_of_a_span_are_names(span: str, found: list[str]) -> None:
    assert names(span) == found


@pytest.mark.parametrize("name", ["AmlCompute", "min_instances", "CreateTrainingJob", "create_training_job"])
def test_the_vendors_have_it(name: str) -> None:
    assert name in vendors()


@pytest.mark.parametrize("name", ["AmlComputer", "minimum_instances", "CreateTrainingJobs", "TrainingJobCreator"])
def test_the_vendors_do_not_have_it(name: str) -> None:
    assert name not in vendors()


def test_a_sum_may_be_rounded_and_not_invented() -> None:
    assert rounded(Decimal("0.1279"), Decimal("0.13"))
    assert not rounded(Decimal("0.1279"), Decimal("0.12"))
    assert rounded(Decimal("1254"), Decimal("1254"))
    assert figures("It cost $1,254.50, or $ 3.", SUM) == [Decimal("1254.50"), Decimal(3)]
    assert Decimal("0.23") in priced()
    assert products("24 × $0.0464 = $1.11") == {Decimal("1.1136")}
