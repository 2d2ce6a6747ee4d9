"""Broken projects, one for each fault, and the exact message that each must get.

A fault is a folder, and beside it a text of the same name: the command that is typed in the folder, what it writes to
standard error, and its exit code.

    python -m tests.broken            # show where messages differ
    python -m tests.broken --write    # take them as they are

Files that tools would take for their own (locks, modules with wrong syntax) end in `.fixture`, and lose that when the
folder is copied to be tried.
"""
