"""What `course.py` can do, a module per noun. Standard library only: this code runs before anything is installed.

line      the command line: which words call what
places    where things are: the course's folders, its Python, the environment variables it runs with
messages  what is said: problems with their next step, progress
packages  pip: fetching and installing what the lock file pins
setup     `.venv`: made on first use, updated with the lock file, never half-made
workcopy  `_work/`: the learner's copy of the lessons, outputs cleared
start     JupyterLab on the working copy
checks    `course.py test`: the one list of what has to pass
book      the site: built into `_build/html`, served on loopback
doctor    what this machine can do, and what to do about it
bundle    a folder for a room without network
"""
