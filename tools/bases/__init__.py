"""What public bases hold, as data of `lading check`: read from Debian's archive, or from an image's files.

`debian-SUITE.txt` are the packages of the images of that release, as their makers list them
(https://github.com/debuerreotype/docker-debian-artifacts, `rootfs.manifest`).
"""
