"""A folder with a Dockerfile: what an image is made of, and what a build here cannot honour."""

import pytest

from twoclouds.world.container import Container, JobResponse
from twoclouds.world.dockerfile import read
from twoclouds.world.images import BuildFailed, ImageDefinition, Images
from twoclouds.world.runner.inprocess import InProcess
from twoclouds.world.runner.subprocess import Subprocess

OWN = """
# An algorithm of one's own.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim
RUN apt-get -y update && apt-get install -y --no-install-recommends python3-pip \\
    ca-certificates && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir -r /tmp/requirements.txt joblib
ENV PYTHONUNBUFFERED=TRUE GREETING="good day"
ENV PATH="/opt/program:${PATH}"
COPY program /opt/program
WORKDIR /opt/program
EXPOSE 8080
"""
PROGRAM = b"""#!/usr/bin/env python3
import os, sys, six
print(sys.argv[0].rpartition("/")[2], sys.argv[1:], os.getcwd(), os.environ["GREETING"], sorted(os.listdir(".")))
"""
FOLDER = {
    "Dockerfile": OWN.encode(),
    "requirements.txt": b"six==1.16.0\n",
    "program/train": PROGRAM,
    "program/lib/x.txt": b"",
}


def test_it_says_what_the_image_is_made_of():
    made = read(FOLDER, name="mine").definition
    assert (made.base, made.packages, made.workdir) == ("python:3.11-slim", ("six==1.16.0", "joblib"), "/opt/program")
    assert sorted(made.files) == ["/opt/program/lib/x.txt", "/opt/program/train", "/tmp/requirements.txt"]
    assert made.environment == {
        "PYTHONUNBUFFERED": "TRUE",
        "GREETING": "good day",
        "PATH": "/opt/program:${PATH}",
    }


def test_the_log_says_what_a_build_here_passes_over():
    text = b"FROM python:3.11-slim\nRUN apt-get update && apt-get install -y libgomp1\nRUN pip install six\n"
    assert read({"Dockerfile": text}, name="mine").log[1:] == (
        "Step 2/3 : RUN apt-get update && apt-get install -y libgomp1",
        "Two Clouds: libgomp1: taken from your own machine; nothing is installed by apt.",
        "Step 3/3 : RUN pip install six",
    )


@pytest.mark.parametrize("runner", [Subprocess(), Subprocess(namespace=False), InProcess()], ids=["root", "map", "in"])
def test_a_container_of_it_finds_its_program_its_files_and_its_environment(runner):
    image = Images().build(read(FOLDER, name="mine").definition)
    container = Container(name="job", image=image, command=("train", "--fast"), workdir="", started=0.0)
    ran = runner.run(container, send=lambda request: JobResponse(status=404))
    assert (ran.exit_code, ran.lines[-1].text) == (0, "train ['--fast'] /opt/program good day ['lib', 'train']")


def test_entrypoint_and_command():
    start = 'FROM ubuntu\nENTRYPOINT ["python3", "serve.py"]\nCMD ["--port", "8080"]\n'
    made = read({"Dockerfile": start.encode()}, name="mine").definition
    assert (made.entrypoint, made.command) == (("python3", "serve.py"), ("--port", "8080"))
    shell = read({"Dockerfile": b"FROM ubuntu\nCMD python3 serve.py"}, name="mine").definition
    assert shell.command == ("/bin/sh", "-c", "python3 serve.py")


def test_an_image_stands_on_another():
    base = ImageDefinition(base="b", packages=("six", "joblib"), environment={"A": "1"}, command=("train",))
    folder = {"Dockerfile": b"FROM mine:1\nENV B=${A}2\nRUN pip install six==1.16.0 torch"}
    made = read(folder, name="next", base={"mine:1": base}.get, absent={"torch"}).definition
    assert (made.packages, made.absent) == (("joblib", "six==1.16.0"), ("torch",))
    assert (made.environment, made.command) == ({"A": "1", "B": "12"}, ("train",))


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM nvidia/cuda:12", "Two Clouds: FROM nvidia/cuda:12: this lab does not know what that image holds."),
        (
            "FROM python:3.11\nCOPY model.pkl /opt/",
            "COPY failed: file not found in build context or excluded by .dockerignore: stat model.pkl",
        ),
        (
            "FROM python:3.11\nRUN apt-get install -y nginx gcc",
            "Two Clouds: apt-get install nginx: this lab has no such system package.",
        ),
        (
            "FROM python:3.11\nRUN curl https://example.com | sh",
            "Two Clouds: RUN with |: this lab's builds take plain commands, joined by && or ;",
        ),
        (
            "FROM python:3.11\nRUN pip install -r requirements.txt",
            "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'",
        ),
        ("FROM python:3.11 AS a\nFROM python:3.11", "Two Clouds: a second FROM: this lab builds images in one stage."),
        ("FROM python:3.11\nRUNS x", "dockerfile parse error: unknown instruction: RUNS"),
        ("FROM python:3.11\nCOPY . /usr/src/app", "Two Clouds: COPY to /usr/src/app/Dockerfile: /usr is the machine's"),
        ("RUN true", "no build stage in current context: RUN before FROM"),
    ],
)
def test_a_build_that_cannot_be_ends_at_its_line(dockerfile, said):
    with pytest.raises(BuildFailed) as failed:
        read({"Dockerfile": dockerfile.encode()}, name="mine")
    steps = dockerfile.split("\n")
    assert failed.value.log[-1].startswith(said)
    assert failed.value.log[-2] == f"Step {len(failed.value.log) - 1}/{len(steps)} : {steps[len(failed.value.log) - 2]}"


def test_two_definitions_that_hold_the_same_have_one_digest():
    images = Images()
    same = {**FOLDER, "unused.txt": b"x"}
    assert images.key(read(FOLDER, name="a").definition) == images.key(read(same, name="b").definition)
    other = {**FOLDER, "program/train": b"#!/bin/sh\n"}
    assert images.key(read(other, name="a").definition) != images.key(read(FOLDER, name="a").definition)


def test_conda_in_a_dockerfile() -> None:
    text = """
        FROM python:3.11
        COPY conda.yaml /tmp/conda.yaml
        RUN conda env create -n userenv -f /tmp/conda.yaml && conda clean -a -y
        RUN conda run -n userenv pip install requests
        RUN conda install -y -c conda-forge scipy=1.*
    """
    file = b"dependencies: [python=3.11, pip, {pip: [joblib]}]"
    made = read({"Dockerfile": text.encode(), "conda.yaml": file}, name="own").definition
    assert made.packages == ("joblib", "requests", "scipy==1.*")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (b"name: x", "The conda file is not one"),
        (b"dependencies: [{pip: [-r x.txt]}]", "Could not open requirements file"),
        (None, "EnvironmentFileNotFound: '/conda.yaml' file not found"),
    ],
)
def test_a_conda_file_that_cannot_be_honoured_fails_the_build(file: bytes | None, line: str) -> None:
    folder = {"Dockerfile": b"FROM python:3.11\nRUN conda env update -f /conda.yaml\n"}
    if file is not None:
        folder = {
            "Dockerfile": b"FROM python:3.11\nCOPY c /conda.yaml\nRUN conda env update -f /conda.yaml\n",
            "c": file,
        }
    with pytest.raises(BuildFailed, match=line):
        read(folder, name="own")
