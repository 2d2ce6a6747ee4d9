"""The small files that an `Accounts` step stands for: who there is, and where names are looked up. Pure."""

from lading.plan.model import Accounts

NSSWITCH = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\n"
"""Names are looked up in files, hosts in DNS too (glibc's manual, Name Service Switch)."""


def passwd(accounts: Accounts) -> str:
    """`/etc/passwd`: root, nobody, the service's user and the others, none of whom can log in (passwd(5))."""
    rows = ["root:x:0:0:root:/root:/usr/sbin/nologin", "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin"]
    if accounts.uid not in (0, 65534):
        rows.append(
            f"{accounts.user}:x:{accounts.uid}:{accounts.gid}:{accounts.user}:{accounts.home}:/usr/sbin/nologin"
        )
    rows += [f"{name}:x:{uid}:{gid}:{name}:/nonexistent:/usr/sbin/nologin" for name, uid, gid in accounts.others]
    return "\n".join(rows) + "\n"


def group(accounts: Accounts) -> str:
    """`/etc/group`, to go with `passwd` (group(5))."""
    rows = ["root:x:0:", "nogroup:x:65534:"]
    if accounts.gid not in (0, 65534):
        rows.append(f"{accounts.user}:x:{accounts.gid}:")
    rows += [f"{name}:x:{gid}:" for name, _, gid in accounts.others]
    return "\n".join(rows) + "\n"
