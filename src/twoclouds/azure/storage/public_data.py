"""Public files on the web that Microsoft's samples read: here, small made-up tables with the same columns."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import read as rows
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world import samples

HOSTS = ("azuremlexamples.blob.core.windows.net", "azuremlexampledata.blob.core.windows.net")


def read(state: State, url: str) -> bytes:
    """What stands in for a public file, given as https:// or wasbs:// URL; the lab's events say that it does.

    Raises NotSimulated for every other address: nothing is downloaded.
    """
    table, address = rows("public_data"), _address(url)
    if address not in table:
        raise NotSimulated(f"a download of {url}", f"These files are stood in for: {', '.join(table)}.")
    name = table[address]["sample"]
    by = f'a made-up table with the columns of "{name}", {samples.ROWS} rows at most'
    if not state.world.events.of("stand-in", address):
        state.world.events.record("stand-in", address, by=by, account=CLOUD)
    return samples.make(name)


def files(state: State, url: str) -> dict[str, bytes]:
    """What stands in for a public file, by its name, as an input of a job. Raises NotSimulated."""
    return {_address(url).rsplit("/", 1)[-1]: read(state, url)}


def get(state: State, request: Request, path: str) -> Response:
    """A public file over HTTP."""
    data = read(state, request.url.partition("?")[0])
    return Response(200, {"Content-Type": "text/csv", "Content-Length": str(len(data))}, data)


def _address(url: str) -> str:
    """One spelling for https://host/container/path and wasbs://container@host/path."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme in ("wasb", "wasbs"):
        return f"https://{parts.hostname}/{parts.username}{path}"
    return f"https://{parts.hostname}{path}"


_CALLER = "azureml-examples tutorials/get-started-notebooks/explore-data (pandas.read_csv of a URL)"

ROUTES = (
    Route("GET", ".blob.core.windows.net", "/{path:path}", get, "Public data - Get", _CALLER),
    Route("HEAD", ".blob.core.windows.net", "/{path:path}", get, "Public data - Get Properties", _CALLER),
)
