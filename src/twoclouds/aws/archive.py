"""Archives whose bytes depend on nothing but their content and the virtual time: what SageMaker makes of a folder."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping


def tar_gz(files: Mapping[str, bytes], *, modified: int) -> bytes:
    """The files (path → bytes) as .tar.gz, in order of their paths. They carry the time `modified` (epoch seconds)."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(files[name]), modified, 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=modified) as stream:
        stream.write(tar.getvalue())
    return packed.getvalue()
