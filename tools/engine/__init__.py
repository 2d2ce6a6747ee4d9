"""A real Docker engine and registry for the tests and the benchmark, from Debian's packages in a cache folder.

``python -m tools.engine up`` fetches the packages with the host's own apt (which checks every signature), unpacks
them below the cache folder, and starts ``dockerd`` and ``docker-registry`` on loopback. Nothing is installed, and
``/usr``, ``/etc``, ``/var`` and ``/opt`` of the host stay as they were. See ``docs/engine.md``.
"""
