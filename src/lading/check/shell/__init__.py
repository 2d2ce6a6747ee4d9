"""Shell scripts of RUN, CMD, ENTRYPOINT and of files, as the simple commands that they run.

    for call in invocations(passage, shell=("/bin/sh", "-c"), lookup=…, workdir="/app"):
        call.name           # "apt-get"
        call.words          # with variables replaced as far as they are known
        call.conditional    # may not have run although the script has succeeded

The grammar is tree-sitter's (`tree.py`), turned into a small tree of our own (`syntax.py`), which is gone through in
the order in which a shell would (`walk.py`).
"""
