"""The evidence of a verification becomes requirements. Pure."""

import signal
from collections.abc import Callable, Iterator

from lading.prove.requirement import Requirement, row, unseen
from lading.prove.verify.model import Stop, Trial, Verification
from lading.prove.words import listed, megabytes

CLEAN = (0,)
"""Exit codes of a clean stop, beside 128 and the number of the stop signal: what a program ends with that lets the
signal end it when it has put its things in order (https://tldp.org/LDP/abs/html/exitcodes.html)."""
_KILLED = 137
_NO_CAPABILITIES = "0" * 16
_LINE = 120
_UNSEEN = "its processes cannot be seen from here"


def judge(found: Verification) -> tuple[Requirement, ...]:
    """The requirements that running it shows, in the order in which a reader asks."""
    rows = [ask(found) for ask in _ROWS]
    return (*(one for one in rows if one), *_jobs(found))


def _starts(found: Verification) -> Requirement:
    own, loose = found.trial("own"), found.trial("writable")
    tried = [trial for trial in (own, loose) if trial]
    well = next((trial for trial in tried if trial.well), None)
    said = _began(well) if well else _failure(tried[0])
    return row("starts", "Starts", well is not None, f"as {found.user or 'root'}", said)


def _closed(found: Verification) -> Requirement:
    own, loose = found.trial("own"), found.trial("writable")
    if own is None or not (own.well or (loose and loose.well)):
        return unseen("read-only-root", "Read-only root file system", "it does not start at all")
    said = "it works so" if own.well else f"it needs a root that it can write to: {_failure(own)}"
    return row(
        "read-only-root", "Read-only root file system", own.well, "only /tmp and volumes can be written to", said
    )


def _in_time(found: Verification) -> Requirement | None:
    own = found.trial("own")
    title, bound = "Healthy in time", f"within {found.limits.healthy:g} s"
    if not found.serves or own is None:
        return None
    if own.healthy is None:
        return row("healthy-in-time", title, False, bound, _failure(own))
    seconds = f"{own.healthy:.2f} s after its process began"
    return row("healthy-in-time", title, own.healthy <= found.limits.healthy, bound, seconds)


def _health_check(found: Verification) -> Requirement | None:
    own = found.trial("own")
    if not found.serves or own is None:
        return None
    if own.check is None:
        why = "it did not get so far" if own.ended is not None else "the image has none"
        return Requirement(id="health-check", title="Health check", status="not met", evidence=why)
    said = "run inside, it passes" if own.check.good else f"run inside, it fails: {own.check.said}"
    return row("health-check", "Health check", own.check.good, "the image's own", said)


def _ready(found: Verification) -> Requirement | None:
    own = found.trial("own")
    if not found.ready or own is None:
        return None
    title = "Ready with its dependencies"
    if own.ready is None:
        return unseen("ready", title, "it did not get so far")
    said = f"GET {found.ready} is answered with {own.ready.said}"
    if own.ready.good:
        return row("ready", title, True, f"GET {found.ready}", said)
    if own.gone:
        variables = sorted({name for one in found.dependencies if one.name in own.gone for name in one.variables})
        return unseen("ready", title, f"it was without {listed(own.gone)}: give {listed(variables)}")
    if not found.dependencies:
        return unseen("ready", title, f"{said}, and nothing in its code says what it waits for")
    return row("ready", title, False, f"GET {found.ready}", said)


def _unready(found: Verification) -> Requirement | None:
    """Readiness has to fail without a dependency, and health must not: else a restart is asked for that mends
    nothing."""
    trial = found.trial("writable")
    if not found.ready or trial is None:
        return None
    title, how = "Not ready without them", f"GET {found.ready}"
    if trial.ready is None:
        return unseen("not-ready", title, "it did not get so far")
    alive = trial.health is not None and trial.health.good
    if not trial.ready.good:
        gone = listed(trial.gone) or "anything beside it"
        said = f"{trial.ready.said} without {gone}, and {'alive' if alive else 'not alive, either'}"
        return row("not-ready", title, alive, how, said)
    certain = [one.name for one in found.dependencies if one.certain]
    if not certain:
        return unseen("not-ready", title, "nothing in its code says what it depends on")
    return row("not-ready", title, False, how, f"it says that it is ready without {listed(certain)}")


def _writes(found: Verification) -> Requirement:
    trial = found.trial("writable")
    title = "Writes nothing elsewhere"
    if trial is None or trial.written is None:
        return unseen("writes-nothing", title, "it did not get so far")
    paths = [f"{one.path} ({one.kind})" for one in trial.written]
    said = f"it wrote {listed(paths)}" if paths else "nothing changed while the root could be written to"
    return row("writes-nothing", title, not paths, "only /tmp and volumes", said)


def _not_root(found: Verification) -> Requirement:
    own = found.trial("own")
    title = "No process of root"
    if own is None or own.seen is None:
        return unseen("no-root", title, _why_unseen(own))
    seen = [one for trial in found.trials if trial.kind in ("own", "process") for one in trial.seen or ()]
    root = [one.name for one in seen if one.uid == 0]
    users = sorted({f"{one.uid}:{one.gid}" for one in seen})
    said = f"root runs {listed(root)}" if root else f"{_count(len(seen), 'process')} of {listed(users)}"
    return row("no-root", title, not root, found.user, said)


def _no_privileges(found: Verification) -> Requirement:
    own = found.trial("own")
    title = "Needs no privileges"
    if own is None or own.seen is None:
        return unseen("no-privileges", title, _why_unseen(own))
    held = [one.name for one in own.seen if one.capabilities != _NO_CAPABILITIES or not one.no_new_privileges]
    works = own.well and not held
    said = f"held by {listed(held)}" if held else "it works without" if own.well else _failure(own)
    return row("no-privileges", title, works, "no capabilities, no new privileges", said)


def _anyone(found: Verification) -> Requirement:
    trial = found.trial("anyone")
    title = "Runs as any user"
    if trial is None:
        return unseen("any-user", title, "not tried")
    said = f"as {trial.user}: {_began(trial) if trial.well else _failure(trial)}"
    return row("any-user", title, trial.well, "as OpenShift starts it", said)


def _stops(found: Verification) -> Requirement:
    own = found.trial("own")
    title, bound = "Clean stop", f"within {found.limits.stop:g} s"
    if own is None or own.stop is None:
        return unseen("clean-stop", title, "it did not get so far")
    return row("clean-stop", title, _clean(own.stop), f"{own.stop.signal}, {bound}", _ended(own.stop))


def _memory(found: Verification) -> Requirement:
    own = found.trial("own")
    title, limit = "Works within its memory", found.limits.memory
    if own is None or own.memory is None:
        return unseen("memory", title, _why_unseen(own))
    said, bound = f"{megabytes(own.memory.peak)} at most", f"{megabytes(limit)} allowed"
    if own.memory.limit:
        return row("memory", title, own.well, bound, said)
    said += "; no control groups here hold it to that"
    if own.memory.peak > limit:  # what processes share is counted for each of them, so it may be less
        return unseen("memory", title, said)
    return row("memory", title, own.well, bound, said)


_ROWS: tuple[Callable[[Verification], Requirement | None], ...] = (
    _starts,
    _in_time,
    _health_check,
    _ready,
    _unready,
    _closed,
    _writes,
    _not_root,
    _no_privileges,
    _anyone,
    _stops,
    _memory,
)


def _jobs(found: Verification) -> Iterator[Requirement]:
    """One row for each other process: it runs until it is asked to end, or ends by itself as it should."""
    for trial in found.trials:
        if trial.kind == "process":
            yield _job(trial, once=trial.process in found.once)


def _job(trial: Trial, *, once: bool) -> Requirement:
    name, title = f"process-{trial.process}", f"Process {trial.process}"
    how = "ends by itself" if once else "runs, and ends when it is asked to"
    good = trial.ended == 0 if once else trial.well and trial.stop is not None and _clean(trial.stop)
    if good:
        return row(name, title, True, how, "exit code 0" if trial.stop is None else _ended(trial.stop))
    if trial.stop is None and trial.ended is None:
        said = "it has not ended by itself"
    else:
        said = _failure(trial) if trial.stop is None or not trial.well else _ended(trial.stop)
    if trial.gone:
        return unseen(name, title, f"it was without {listed(trial.gone)}: {said}")
    return row(name, title, False, how, said)


def _clean(stop: Stop) -> bool:
    name = stop.signal if stop.signal.startswith("SIG") else f"SIG{stop.signal}"
    return stop.in_time and stop.code in (*CLEAN, 128 + getattr(signal, name, 0))


def _ended(stop: Stop) -> str:
    if not stop.in_time:
        return f"it had to be killed after {stop.seconds:.1f} s"
    answered = {True: ", the request on its way answered", False: "", None: ""}[stop.answered]
    return f"exit code {stop.code} after {stop.seconds:.2f} s{answered}"


def _began(trial: Trial) -> str:
    return f"healthy after {trial.healthy:.2f} s" if trial.healthy is not None else "it runs"


def _failure(trial: Trial) -> str:
    last = f": {trial.last[-1].strip()[:_LINE]}" if trial.last else ""
    if trial.ended is not None:
        killed = " (killed, as by the limit of memory)" if trial.ended == _KILLED else ""
        return f"it ended with exit code {trial.ended}{killed}{last}"
    said = f" ({trial.health.said})" if trial.health else ""
    return f"it was never healthy{said}{last}"


def _why_unseen(trial: Trial | None) -> str:
    return "it did not get so far" if trial is None or trial.stop is None else _UNSEEN


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 'es'}"


_STARTS = ("starts", "Starts")
_SERVING = (("healthy-in-time", "Healthy in time"), ("health-check", "Health check"))
_ALWAYS = (
    ("read-only-root", "Read-only root file system"),
    ("writes-nothing", "Writes nothing elsewhere"),
    ("no-root", "No process of root"),
    ("no-privileges", "Needs no privileges"),
    ("any-user", "Runs as any user"),
    ("clean-stop", "Clean stop"),
    ("memory", "Works within its memory"),
)


def unjudged(why: str, *, serves: bool) -> tuple[Requirement, ...]:
    """The requirements of an image that nobody has run."""
    return tuple(unseen(name, title, why) for name, title in (_STARTS, *(_SERVING if serves else ()), *_ALWAYS))
