"""exercises/ is made from solutions/, and from nothing else."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebooks.kernels import ROOT
from twoclouds.practice import build, notebook


def test_the_exercises_are_in_step_with_their_solutions() -> None:
    assert build.out_of_step(ROOT) == []


def test_every_exercise_leaves_something_to_do() -> None:
    for file, content in build.build(ROOT).items():
        assert build.HERE.encode() in content, file.name
        assert b"BEGIN SOLUTION" not in content, file.name


SOLUTION = """\
job = command(
    inputs={"data": data},
    ### BEGIN SOLUTION
    #| # what runs, and where?
    command="python train.py",
    compute="cpu",
    ### END SOLUTION
)"""

STARTER = """\
job = command(
    inputs={"data": data},
    # your code here
    # what runs, and where?
)"""


@pytest.mark.parametrize(
    ("solution", "starter"),
    [
        ("x = 1\nx", "x = 1\nx"),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "# your code here"),
        ("a\n### BEGIN SOLUTION\nx\n### END SOLUTION\nb", "a\n# your code here\nb"),
        (SOLUTION, STARTER),
    ],
)
def test_a_region_becomes_a_place_for_code(solution: str, starter: str) -> None:
    assert build.starter(solution) == starter


@pytest.mark.parametrize(
    "code",
    [
        "### BEGIN SOLUTION\nx",
        "x\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ],
)
def test_a_region_without_a_partner_is_an_error(code: str) -> None:
    with pytest.raises(ValueError, match="has no partner"):
        build.starter(code)


def test_a_changed_solution_is_out_of_step_until_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "solutions").mkdir()
    solution = new_notebook(
        cells=[
            new_markdown_cell("Do it.", id="text"),
            new_code_cell(SOLUTION, id="work", execution_count=3, outputs=[new_output("stream", text="done\n")]),
            new_markdown_cell("What it does.", id="remark", metadata={"tags": ["solution"]}),
        ]
    )
    (tmp_path / "solutions" / "01-1-x.ipynb").write_bytes(notebook.dump(solution))
    where = ["--root", str(tmp_path)]

    assert build.main(["--check", *where]) == 1
    assert build.main(where) == 0
    assert build.main(["--check", *where]) == 0

    made = notebook.read(tmp_path / "exercises" / "01-1-x.ipynb")
    assert [(cell["id"], notebook.source(cell)) for cell in made["cells"]] == [("text", "Do it."), ("work", STARTER)]
    assert made["cells"][1]["outputs"] == []
    assert made["cells"][1]["execution_count"] is None
    assert capsys.readouterr().out.splitlines() == [
        "out of step: exercises/01-1-x.ipynb",
        "Next: course.py exercises",
        "written: exercises/01-1-x.ipynb",
    ]

    (tmp_path / "solutions" / "01-1-x.ipynb").unlink()
    build.main(where)
    assert list((tmp_path / "exercises").iterdir()) == []
