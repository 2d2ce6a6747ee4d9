"""The environment that markers are judged for: the target's, never this machine's (PEP 508)."""


def linux_environment(machine: str, python: str) -> dict[str, str]:
    """What CPython on Linux says of itself to markers. `machine` is Python's word (`x86_64`), `python` a whole version
    (`3.13.5`)."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "linux",
    }
