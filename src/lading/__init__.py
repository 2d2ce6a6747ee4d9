"""Lading turns a repository of services into production container images, and proves that they are right."""

__version__ = "0.1.0"
