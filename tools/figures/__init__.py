"""The figures of examples/README.md: what each system's decision record says, beside what was measured here.

`python -m tools.figures` (or `make figures`) builds every example with the embedded engine, in an empty store, and
writes the tables anew; with names, only theirs. What is fetched comes over this machine's network, and counts.
"""
