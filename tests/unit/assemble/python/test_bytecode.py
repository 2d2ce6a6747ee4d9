import importlib.util
import marshal
import sys
from pathlib import Path

import pytest

from lading.assemble.python.bytecode import Compiler, Interpreter, Promise, PycMemory, PycQueue, pyc_path, tag_of
from lading.errors import StepFailed


def host() -> Interpreter:
    """The interpreter that runs the tests, as a stand-in for the target's: it is as real."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Interpreter(identity="host", tag=tag_of(version), command=(sys.executable,), environment={})


def compiler(processes: int = 2) -> Compiler:
    return Compiler(identity="host", tag=host().tag, ready=host, processes=processes)


def test_bytecode_is_unchecked_hash_and_runs() -> None:
    with compiler() as pool:
        pyc = pool.submit(b"answer = 6 * 7\n", "/app/a.py").result()
    assert int.from_bytes(pyc[4:8], "little") == 0b01  # PEP 552: hash-based, source not checked
    code = marshal.loads(pyc[16:])
    scope: dict[str, object] = {}
    exec(code, scope)
    assert scope["answer"] == 42
    assert code.co_filename == "/app/a.py"


@pytest.mark.parametrize("source", [b"print 'old'\n", b"\0", b"\xff\xfe", b"(" * 5000])
def test_what_does_not_compile_has_no_bytecode(source: bytes) -> None:
    with compiler() as pool:
        assert pool.submit(source, "x.py").result() == b""
        assert pool.submit(b"fine = 1", "y.py").result()


def test_bytecode_does_not_depend_on_what_was_compiled_before() -> None:
    sources = {
        f"/m{number}.py": f"NAMES = ('a{number}', 'shared', {number}.5, b'x')\nclass C:\n  'doc'\n".encode()
        for number in range(30)
    }
    with compiler(1) as pool:
        forward = {name: pool.submit(source, name).result() for name, source in sources.items()}
    with compiler(1) as pool:
        backward = {name: pool.submit(sources[name], name).result() for name in reversed(sources)}
    assert forward == backward


def test_modules_of_any_size_come_back_in_any_order() -> None:
    """More than pipes hold, in both directions, so that a side which waits to write while the other does would hang."""
    sources = [f"x{number} = {'y' * (number % 7 * 40_000)!r}\n".encode() for number in range(60)]
    with compiler(2) as pool:
        promises = [pool.submit(source, f"/{number}.py") for number, source in enumerate(sources)]
        assert all(len(promise.result()) > len(source) for promise, source in zip(promises, sources, strict=True))
        for number in (59, 3, 20):
            assert marshal.loads(promises[number].result()[16:]).co_filename == f"/{number}.py"


def test_sets_of_words_that_another_module_has_are_compiled_alike() -> None:
    # Two functions with an equal set, whose words are names of the module that is compiled before.
    sets = b"".join(b"def %c(x):\n  return x in {'one_word', 'another'}\n" % name for name in b"fg")
    with compiler(1) as pool:
        alone = pool.submit(sets, "/sets.py").result()
    with compiler(1) as pool:
        pool.submit(b"import x\nx.one_word(x.another)\n", "/names.py").result()
        after = pool.submit(sets, "/sets.py").result()
    assert alone == after


def test_the_queue_keeps_the_order_and_bounds_what_waits() -> None:
    with compiler() as pool:
        queue = PycQueue(pool)
        seen: list[str] = []
        for number in range(300):
            queue.add(f"m{number}.py", b"x = 1")
            seen += [path for path, _ in queue.ready()]
        assert len(seen) == 300 - 256
        seen += [path for path, _ in queue.rest()]
    assert seen == [pyc_path(f"m{number}.py", pool.tag) for number in range(300)]


def test_memory_saves_compiling_and_forgets_what_is_gone() -> None:
    asked: list[str] = []

    class Counting(Compiler):
        def submit(self, source: bytes, name: str) -> Promise:
            asked.append(name)
            return super().submit(source, name)

    with Counting(identity="host", tag=host().tag, ready=host, processes=1) as pool:
        first = PycMemory(None)
        queue = PycQueue(pool, first)
        queue.add("a.py", b"a = 1", "sha256:1")
        queue.add("b.py", b"b =", "sha256:2")
        before = list(queue.rest())
        second = PycMemory(first.kept)
        queue = PycQueue(pool, second)
        queue.add("a.py", b"a = 1", "sha256:1")
        assert list(queue.rest()) == before
    assert asked == ["/a.py", "/b.py"]
    assert set(second.kept) == {"a.py"}


def test_an_interpreter_that_does_not_start_is_one_clear_error(tmp_path: Path) -> None:
    broken = Interpreter(identity="x", tag="cpython-313", command=(str(tmp_path / "none"),), environment={})
    pool = Compiler(identity="x", tag="cpython-313", ready=lambda: broken, processes=1)
    with pool, pytest.raises(StepFailed, match="interpreter"):
        pool.submit(b"", "a.py").result()


@pytest.mark.parametrize("path", ["a.py", "a/b.py", "a/two.dots.py", "a/.py", ".hidden.py", "a b/é.py"])
def test_bytecode_lies_where_python_looks_for_it(path: str) -> None:
    assert pyc_path(path, sys.implementation.cache_tag) == importlib.util.cache_from_source(path, optimization="")
