"""`_work/`: the learner's copy of notebooks and exercises. Outputs cleared: nobody reads the answer under the question.

What was given out is remembered. When the course changes, a file the learner left alone is replaced; one the learner
changed stays as it is, and the course's new one is put next to it. "Changed" means the cells' sources: running a
notebook is not changing it.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from . import messages
from .places import Course

FOLDERS = ("notebooks", "exercises")
NOT_GIVEN = ("__pycache__", ".ipynb_checkpoints")

Record = dict[str, dict[str, str]]  # path → {"given": hash of the file as given out, "sources": its fingerprint}


def hand_out(course: Course) -> list[str]:
    """Bring the working copy up to date; answers what the learner should know, a sentence each."""
    record = _read_record(course)
    news = []
    offered = dict(_course_files(course))
    for path, content in offered.items():
        sentence = _give(course, record, path, content)
        if sentence:
            news.append(sentence)
    for path in [path for path in record if path not in offered]:
        here = course.work / path
        if here.exists() and sources(here.name, here.read_bytes()) == record[path]["sources"]:
            here.unlink()
        del record[path]
    _write_record(course, record)
    return news


def reset(course: Course, name: str = "") -> list[str]:
    """Restore one notebook (`01`, a name or a path), or all; changed ones are kept as backups. Answers sentences."""
    offered = dict(_course_files(course))
    chosen = [path for path in offered if not name or _means(path, name)]
    if not chosen:
        notebooks = ", ".join(Path(path).stem for path in offered if path.endswith(".ipynb"))
        raise messages.Problem(f"There is no notebook {name!r} to reset.", f"name one of these: {notebooks}.")
    record = _read_record(course)
    said = []
    for path in chosen:
        here = course.work / path
        if here.exists() and sources(here.name, here.read_bytes()) != sources(here.name, offered[path]):
            backup = _free(here, "backup")
            shutil.copy2(here, backup)
            said.append(f"{path} is as the course has it again; yours is kept as {backup.name}.")
        _write(here, offered[path])
        record[path] = _entry(path, offered[path])
    _write_record(course, record)
    return said or ["Everything chosen is as the course has it, without outputs."]


def cleared(content: bytes) -> bytes:
    """A notebook's bytes without outputs, execution counts and widget states."""
    notebook = json.loads(content)
    notebook.get("metadata", {}).pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
            cell.get("metadata", {}).pop("execution", None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def sources(name: str, content: bytes) -> str:
    """A fingerprint of what somebody wrote: of a notebook its cells that are not empty, of another file its bytes."""
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(content)["cells"]
            content = json.dumps(
                [[cell["cell_type"], text] for cell in cells if (text := "".join(cell["source"]))]
            ).encode()
        except (ValueError, KeyError, TypeError):
            pass  # not a notebook any more: then it was changed
    return hashlib.sha256(content).hexdigest()


def _give(course: Course, record: Record, path: str, content: bytes) -> str:
    here = course.work / path
    new = _entry(path, content)
    old = record.get(path)
    if not here.exists():
        _write(here, content)
        record[path] = new
        return ""
    mine = sources(here.name, here.read_bytes())
    if (old is not None and old["given"] == new["given"]) or mine == new["sources"]:
        record[path] = {"given": new["given"], "sources": old["sources"] if old else new["sources"]}
        return ""
    if old is not None and mine == old["sources"]:
        _write(here, content)
        record[path] = new
        return f"{path} is new in the course, and you had not changed it: replaced."
    beside = _free(here, "new")
    _write(beside, content)
    record[path] = {"given": new["given"], "sources": old["sources"] if old else new["sources"]}
    return f"{path} is new in the course; yours is kept, and the new one is beside it as {beside.name}."


def _course_files(course: Course) -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for file in sorted((course.root / folder).rglob("*")):
            if file.is_file() and not any(part in NOT_GIVEN for part in file.parts):
                content = file.read_bytes()
                if file.suffix == ".ipynb":
                    content = cleared(content)
                yield file.relative_to(course.root).as_posix(), content


def _entry(path: str, content: bytes) -> dict[str, str]:
    return {"given": hashlib.sha256(content).hexdigest(), "sources": sources(path, content)}


def _means(path: str, name: str) -> bool:
    wanted = name.replace("\\", "/").removeprefix("./").removeprefix("_work/")
    return wanted in (path, Path(path).name, Path(path).stem) or (
        path.endswith(".ipynb") and Path(path).name.startswith(f"{wanted}-")
    )


def _free(file: Path, word: str) -> Path:
    """`name.word.ipynb`, or the first of `name.word-2.ipynb`, … that is not taken."""
    names = (f"{file.stem}.{word}{f'-{n}' if n > 1 else ''}{file.suffix}" for n in range(1, 10_000))
    return next(place for place in map(file.with_name, names) if not place.exists())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(file)


def _read_record(course: Course) -> Record:
    try:
        record = json.loads((course.work / ".given.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(course: Course, record: Record) -> None:
    _write(course.work / ".given.json", (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
