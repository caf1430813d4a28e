"""`!aws s3 cp`, `mv`, `sync`, `ls`, `mb`, `rm` in a notebook, done with boto3: what public notebooks copy data with.

As in the AWS CLI's reference (s3). Every other `aws` command meets the refusal that it meets in every lab.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMANDS = ("cp", "mv", "sync", "ls", "mb", "rm")
OPTIONS_WITH_VALUE = ("--region", "--profile", "--exclude", "--include", "--acl", "--endpoint-url")
IGNORED = ("--quiet", "--only-show-errors", "--no-progress", "--region", "--acl", "--recursive", "--no-sign-request")


class Usage(Exception):
    """A command that the CLI would refuse, or that is not among these."""


def handles(command: str) -> bool:
    """Whether `command` is one of these."""
    words = command.split()
    return words[:2] == ["aws", "s3"] and len(words) > 2 and words[2] in COMMANDS


def run(command: str) -> int:
    """Do what the command says; prints as the CLI does, and answers its exit code."""
    from botocore.exceptions import ClientError

    try:
        name, paths, options = _parse(command)
        for line in _CALLS[name](_client(), paths, options):
            if not {"--quiet", "--only-show-errors"} & set(options):
                print(line)
    except Usage as usage:
        print(f"aws: {usage}", file=sys.stderr)
        return 252
    except (ClientError, OSError) as error:
        print(f"fatal error: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(command: str) -> tuple[str, list[str], dict[str, str]]:
    words = shlex.split(command)[2:]
    paths: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            options[name] = value or (next(rest, "") if name in OPTIONS_WITH_VALUE else "")
        else:
            paths.append(word)
    unknown = [name for name in options if name not in IGNORED]
    if unknown:
        raise Usage(f"Two Clouds does not do `aws s3 {words[0]}` with {unknown[0]}; write it with boto3.")
    return words[0], paths, options


def _client() -> Any:
    import boto3

    return boto3.client("s3")


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _keys(s3: Any, uri: str) -> Iterator[dict[str, Any]]:
    bucket, prefix = _split(uri)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def _copy(s3: Any, paths: list[str], options: dict[str, str]) -> Iterator[str]:
    source, target = _two(paths)
    if "--recursive" in options:
        yield from _sync(s3, paths, options)
        return
    yield _copy_one(s3, source, _named(target, source.rstrip("/").rsplit("/", 1)[-1]))


def _move(s3: Any, paths: list[str], options: dict[str, str]) -> Iterator[str]:
    source, _ = _two(paths)
    for line in _copy(s3, paths, options):
        yield line.partition(":")[0].replace("copy", "move") + line[line.index(":") :]
    if source.startswith("s3://"):
        list(_remove(s3, [source], options))
    else:
        Path(source).unlink()


def _sync(s3: Any, paths: list[str], options: dict[str, str]) -> Iterator[str]:
    source, target = _two(paths)
    if source.startswith("s3://"):
        _, prefix = _split(source)
        names = [entry["Key"][len(prefix) :].lstrip("/") for entry in _keys(s3, source)]
    else:
        folder = Path(source)
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in names:
        yield _copy_one(s3, f"{source.rstrip('/')}/{name}", f"{target.rstrip('/')}/{name}")


def _copy_one(s3: Any, source: str, target: str) -> str:
    if source.startswith("s3://") and target.startswith("s3://"):
        (bucket, key), (to, name) = _split(source), _split(target)
        s3.copy_object(Bucket=to, Key=name, CopySource={"Bucket": bucket, "Key": key})
        return f"copy: {source} to {target}"
    if target.startswith("s3://"):
        s3.upload_file(source, *_split(target))
        return f"upload: {source} to {target}"
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    s3.download_file(*_split(source), target)
    return f"download: {source} to {target}"


def _two(paths: list[str]) -> tuple[str, str]:
    if len(paths) != 2 or not any(path.startswith("s3://") for path in paths):
        raise Usage("[ERROR]: usage: aws s3 cp <LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>")
    return paths[0], paths[1]


def _named(target: str, name: str) -> str:
    is_folder = target.endswith("/") or (not target.startswith("s3://") and Path(target).is_dir())
    bare_bucket = target.startswith("s3://") and not _split(target)[1]
    return f"{target.rstrip('/')}/{name}" if is_folder or bare_bucket else target


def _list(s3: Any, paths: list[str], options: dict[str, str]) -> Iterator[str]:
    if not paths:
        for bucket in s3.list_buckets()["Buckets"]:
            yield f"{bucket['CreationDate']:%Y-%m-%d %H:%M:%S} {bucket['Name']}"
        return
    _, prefix = _split(paths[0])
    folders: dict[str, None] = {}
    for entry in _keys(s3, paths[0]):
        start = prefix.rfind("/") + 1
        name = entry["Key"] if "--recursive" in options else entry["Key"][start:]
        head, slash, _ = name.partition("/")
        if slash and "--recursive" not in options:
            if head not in folders:
                yield f"{'PRE':>30} {head}/"
            folders[head] = None
        else:
            yield f"{entry['LastModified']:%Y-%m-%d %H:%M:%S} {entry['Size']:>10} {name}"


def _make(s3: Any, paths: list[str], options: dict[str, str]) -> Iterator[str]:
    bucket, _ = _split(paths[0])
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    yield f"make_bucket: {bucket}"


def _remove(s3: Any, paths: list[str], options: dict[str, str]) -> Iterator[str]:
    bucket, key = _split(paths[0])
    keys = [entry["Key"] for entry in _keys(s3, paths[0])] if "--recursive" in options else [key]
    for name in keys:
        s3.delete_object(Bucket=bucket, Key=name)
        yield f"delete: s3://{bucket}/{name}"


_CALLS = {"cp": _copy, "mv": _move, "sync": _sync, "ls": _list, "mb": _make, "rm": _remove}
