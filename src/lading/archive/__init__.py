"""Archives read as streams: compressed data in bounded pieces, tar entries one after the other."""

from lading.archive.inflate import Compression, Inflated, Readable, inflate, inflate_whole
from lading.archive.tarread import TarEntry, TarLimits, read_tar

__all__ = ["Compression", "Inflated", "Readable", "TarEntry", "TarLimits", "inflate", "inflate_whole", "read_tar"]
