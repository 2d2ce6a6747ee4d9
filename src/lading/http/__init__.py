"""One HTTP/1.1 client for registries and package mirrors."""

from lading.http.client import Http, joined, origin_of
from lading.http.proxy import is_loopback
from lading.http.response import NoAnswer, Response, shown

__all__ = ["Http", "NoAnswer", "Response", "is_loopback", "joined", "origin_of", "shown"]
