"""What `lading render` can render: one module a format, each imported only when it is asked for.

The module of a format has `files(project, args, context) -> Sequence[Rendered]`.
"""
