"""Shell scripts of RUN, CMD, ENTRYPOINT and of files, as the simple commands that they run (`run.py`).

A script's text becomes a tree (`grammar.py`, `syntax.py`), which is gone through in the order in which a shell would
(`walk.py`, `commands.py`), with what the shell knows on the way (`memory.py`).
"""
