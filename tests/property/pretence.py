"""A lab whose scripts do not run: they print a line, leave a model, and end as they were told to."""

import io
import tarfile
from dataclasses import dataclass, field

from twoclouds.lab import Lab
from twoclouds.world.container import Answer, Line, Transcript
from twoclouds.world.images import Image


@dataclass
class Pretence:
    """A runner. `ends` are exit codes of the scripts to come, the last first; None is a runner that breaks."""

    ends: list = field(default_factory=list)

    def run(self, container, *, send, stop_after=None, budget=20.0):
        end = self.ends.pop() if self.ends else 0
        if end is None:
            raise OSError("the runner broke")
        folder = container.collect[0] if container.collect else "/tmp"
        return Transcript(
            lines=(Line(0.0, "stdout", "hello"),),
            exit_code=end,
            outcome="exited",
            files={f"{folder}/model.txt": b"a model"},
        )

    def serve(self, container, *, send, now=None, port=0, budget=60.0):
        return PretendedServer(alive=not self.ends or self.ends.pop() == 0)

    def close(self):
        pass


@dataclass
class PretendedServer:
    """A container that serves, or did not start."""

    alive: bool
    lines: tuple = (Line(0.0, "stdout", "listening"),)

    def ask(self, method, path, headers=None, body=b"", *, budget=20.0):
        return Answer(status=200, headers={"Content-Type": "application/json"}, body=b"[1.0]")

    def close(self):
        self.alive = False


def pretended_lab(ends=()):
    """A new lab, which is plugged into nothing."""
    lab = Lab()
    lab.world.runner = Pretence(list(ends))
    lab.world.images.build = lambda definition: Image(
        key=lab.world.images.key(definition), definition=definition, packages={}
    )
    return lab


def archive(**files):
    """A tar.gz of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    return packed.getvalue()
