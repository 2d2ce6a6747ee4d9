import threading

import pytest

from lading.assemble.result import Noted, StepBegan, StepEnded, StepMoved
from lading.report.progress import Key, Progress, told


def moved(done: int, total: int, **rest: object) -> StepMoved:
    values = {"step": "dependencies", "platform": "linux/amd64", "doing": "fetch", "unit": "packages", **rest}
    return StepMoved(done=done, total=total, **values)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (moved(12, 47), "fetching 12 of 47 packages"),
        (moved(47, 47), "47 packages fetched"),
        (moved(1, 1, doing="write", unit="files"), "1 file written"),
        (moved(0, 1, doing="push", unit="layers"), "pushing 0 of 1 layer"),
        (moved(5_000_000, 9_000_000, unit="bytes"), "fetching 5.0 MB of 9.0 MB"),
        (moved(5_000_000, 0, unit="bytes"), "fetching 5.0 MB"),
        (moved(0, 0, doing="compile"), "compiling"),
    ],
)
def test_words(event: StepMoved, expected: str) -> None:
    assert told(event) == expected


def test_steps_come_and_go() -> None:
    now = [5.0]
    progress = Progress(lambda: now[0])
    progress.hear("api", StepBegan(step="dependencies", platform="linux/amd64"))
    now[0] = 9.0
    progress.hear("api", moved(1, 2))
    progress.hear("api", Noted(text="no step"))
    ((running,), done) = progress.snapshot()
    assert (running.key, running.began, running.moved, done) == (
        Key("api", "linux/amd64", "dependencies"),
        5.0,
        moved(1, 2),
        0,
    )
    progress.hear("api", StepEnded(step="dependencies", platform="linux/amd64", reused=False, seconds=4))
    assert progress.snapshot() == ((), 1)


def test_threads_do_not_disturb_each_other() -> None:
    progress = Progress(lambda: 0.0)

    def work(service: str) -> None:
        for step in map(str, range(200)):
            progress.hear(service, StepBegan(step=step, platform=""))
            progress.hear(service, StepEnded(step=step, platform="", reused=True, seconds=0))

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.snapshot() == ((), 800)
