"""Serves kernels that are forked from one process with everything imported: `python forkserver.py SOCKET MODULE…`.

Each connection sends one line of JSON (arguments, folder, environment), gets the kernel's process id back, and holds
the kernel's life: when it closes, the kernel goes. Nothing of Two Clouds is imported here, so no lab is open in a fork.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import signal
import socket
import sys
import threading


def preload(modules):
    """Import what every kernel would. Matplotlib is told its backend before, as ipykernel tells a plain kernel's."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    for module in ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", *modules):
        importlib.import_module(module)
    gc.freeze()


def handlers_on(stream):
    """The logging handlers that write to a stream: an SDK makes its own when it is imported."""
    known = [reference() for reference in logging._handlerList]
    return [handler for handler in known if getattr(handler, "stream", None) is stream]


def serve(address):
    """Fork a kernel for each connection, for ever."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(8)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        wanted = json.loads(connection.makefile().readline())
        if os.fork() == 0:
            listener.close()
            become_kernel(connection, **wanted)
        connection.close()


def become_kernel(connection, argv, cwd, env):
    """Turn this fork into the ipykernel that `python -m ipykernel_launcher` would have been."""
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    early = handlers_on(sys.stderr)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    os.environ.pop("JPY_PARENT_PID", None)
    numpy.random.seed()
    sys.argv = ["ipykernel_launcher", *argv]
    sys.path[0] = ""
    connection.sendall(f"{os.getpid()}\n".encode())
    threading.Thread(target=end_with, args=(connection,), daemon=True).start()
    kernel = IPKernelApp.instance()
    kernel.initialize(argv)
    for handler in early:
        handler.setStream(sys.stderr)
    kernel.start()
    os._exit(0)


def end_with(connection):
    with contextlib.suppress(OSError):
        while connection.recv(1):
            pass
    os._exit(0)


if __name__ == "__main__":
    preload(sys.argv[2:])
    serve(sys.argv[1])
