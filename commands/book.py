"""The site: built with warnings as errors into `_build/html`, and served on this machine alone."""

import contextlib
import functools
import http.server
import subprocess
import webbrowser

from . import messages, setup, start
from .places import Course, environment

PORT = 8000


def build_command(course: Course) -> list[str]:
    options = ["--config", "_config.yml", "--toc", "book/_toc.yml", "-W", "--keep-going"]
    run = "from jupyter_book.cli.main import main; main()"  # it has no `-m` of its own, and its script may have moved
    return [str(course.python), "-c", run, "build", ".", *options]


def build(course: Course) -> int:
    setup.ready(course)
    code = subprocess.call(build_command(course), env=environment(course), cwd=course.root)
    if code:
        raise messages.Problem(
            "The book was not built without warnings.", "the lines marked WARNING or ERROR above say where."
        )
    messages.say(f"The book is in {course.site}. To read it: python3 course.py serve")
    return 0


def serve(course: Course, *, port: int | None, browser: bool) -> int:
    if not (course.site / "index.html").exists():
        raise messages.Problem("The book has not been built yet.", "run  python3 course.py book  and then this again.")
    chosen = start.choose_port(port or start.next_free(PORT))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(course.site))
    with http.server.ThreadingHTTPServer((start.HOST, chosen), handler) as server:
        address = f"http://{start.HOST}:{chosen}/"
        messages.say(f"The book is at {address} (to stop: Ctrl-C)")
        if browser:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
