"""What Debian's packages bring, as data of `lading check`: `python -m tools.packages` reads the archive's own indexes.

`roots.txt` names the packages that Dockerfiles install most often. The data has them, and what they need or recommend.
"""
