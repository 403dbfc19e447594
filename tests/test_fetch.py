"""Fetching weights from a server on this machine: progress, broken connections, resuming, and lies."""

import hashlib
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from explainer.errors import NetworkError, WeightsError
from explainer.networks import fetch as fetch_module
from explainer.networks import zoo
from explainer.networks.fetch import Download, Fetched, fetch

ROOT = Path(__file__).resolve().parents[1]
CONTENTS = np.random.default_rng(0).integers(0, 256, 3_500_000, dtype=np.uint8).tobytes()
DIGEST = hashlib.sha256(CONTENTS).hexdigest()
NAME = f"squeezenet-{DIGEST[:8]}.pth"


@dataclass
class Behaviour:
    """How the server answers, and what it was asked."""

    ranges: bool = True  # goes on from where it is asked to
    stop_after: int | None = None  # hangs up after so many bytes
    length: bool = True  # says how many bytes there are
    chunked: bool = False
    status: int = 200
    contents: bytes = CONTENTS
    wrong_start: bool = False  # answers a range with another one
    paused: Event | None = None  # waits for this before the second half
    asked: list = field(default_factory=list)


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server with the published file, and an empty cache."""
    behaviour = Behaviour()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            asked = self.headers.get("Range")
            behaviour.asked.append(asked)
            body, status = behaviour.contents, behaviour.status
            self.close_connection = True
            if status != 200:
                self.send_error(status)
                return
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and behaviour.ranges else 0
            if start >= len(body):
                self.send_error(416)
                return
            if start and behaviour.wrong_start:
                start -= 10
            self.send_response(206 if asked and behaviour.ranges else 200)
            if asked and behaviour.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            body = body[start:]
            if behaviour.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif behaviour.length:
                self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if behaviour.chunked:
                sent = body[: behaviour.stop_after]
                self.wfile.write(f"{len(body):x}\r\n".encode() + sent)
                if behaviour.stop_after is None:
                    self.wfile.write(b"\r\n0\r\n\r\n")
                return
            sent = body[: behaviour.stop_after]
            self.wfile.write(sent[: len(sent) // 2])
            self.wfile.flush()
            if behaviour.paused:
                behaviour.paused.wait(20)
            self.wfile.write(sent[len(sent) // 2 :])

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    publish(monkeypatch, httpd.server_address[1], tmp_path)
    yield behaviour
    httpd.shutdown()
    httpd.server_close()


def publish(monkeypatch, port: int, cache: Path) -> None:
    """Let SqueezeNet's published weights be ours, at this port."""
    monkeypatch.setenv("EXPLAINER_CACHE", str(cache))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    known = replace(zoo.ENTRIES["squeezenet"], file=NAME, mebibytes=len(CONTENTS) / 2**20)
    monkeypatch.setitem(zoo.ENTRIES, "squeezenet", known)
    monkeypatch.setattr(zoo.Entry, "url", property(lambda entry: f"http://127.0.0.1:{port}/models/{entry.file}"))


def files(cache: Path) -> dict[str, int]:
    """What lies in the cache but for empty locks: name → bytes."""
    return {path.name: path.stat().st_size for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"}


def refused() -> str:
    with pytest.raises(WeightsError) as caught:
        list(fetch("squeezenet"))
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 300
    return said


def test_fetching_with_progress(server, tmp_path):
    states = list(fetch("squeezenet"))
    assert states[0] == Fetched(0, len(CONTENTS)) and states[-1] == Fetched(len(CONTENTS), len(CONTENTS))
    assert all(a.done < b.done for a, b in pairwise(states)) and len(states) >= 4
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS
    assert files(tmp_path) == {NAME: len(CONTENTS)} and server.asked == [None]
    assert zoo.find_weights("squeezenet") == tmp_path / "weights" / NAME
    assert list(fetch("squeezenet")) == [] and len(server.asked) == 1  # it is here: nothing is asked


def test_nothing_has_the_name_before_it_is_whole(server, tmp_path):
    for state in fetch("squeezenet"):
        assert NAME not in files(tmp_path) and zoo.find_weights("squeezenet") is None
        assert state.done <= state.total
    assert NAME in files(tmp_path)


def test_a_broken_connection_is_resumed(server, tmp_path):
    server.stop_after = 2_000_000
    assert refused() == "The connection broke off after 2 of 4 MB. Try again to go on."
    assert files(tmp_path) == {NAME + ".part": 2_000_000}
    server.stop_after = None
    states = list(fetch("squeezenet"))
    assert server.asked == [None, "bytes=2000000-"]
    assert states[0] == Fetched(2_000_000, len(CONTENTS)) and states[-1].done == len(CONTENTS)
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_a_download_in_the_background(server, tmp_path):
    download = Download("squeezenet")
    download.wait(20)
    assert not download.going_on and not download.trouble
    assert download.arrived == Fetched(len(CONTENTS), len(CONTENTS))
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_a_download_in_the_background_is_stopped_and_gone_on_with(server, tmp_path):
    server.paused = Event()
    download = Download("squeezenet")
    assert download.going_on
    download.stop()
    server.paused.set()
    download.wait(20)
    assert not download.going_on and not download.trouble and NAME not in files(tmp_path)
    again = Download("squeezenet")
    again.wait(20)
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_a_download_in_the_background_says_what_went_wrong(server, tmp_path):
    server.status = 404
    download = Download("squeezenet")
    download.wait(20)
    assert "404" in download.trouble and download.arrived is None


def test_an_error_that_nobody_foresaw_is_told_with_its_number(monkeypatch, caplog):
    def broken(_name):
        raise RuntimeError("a fault of ours")
        yield

    monkeypatch.setattr(fetch_module, "fetch", broken)
    download = fetch_module.Download("squeezenet")
    download.wait(60)
    assert not download.going_on and "failed" in download.trouble
    assert download.trouble.rstrip(".").split()[-1] in caplog.text and "a fault of ours" in caplog.text


def test_a_server_that_cannot_resume_starts_again(server, tmp_path):
    server.stop_after, server.ranges = 2_000_000, False
    refused()
    server.stop_after = None
    assert next(iter(list(fetch("squeezenet")))) == Fetched(0, len(CONTENTS))
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_a_server_that_resumes_elsewhere_is_not_trusted(server, tmp_path):
    server.stop_after = 2_000_000
    refused()
    server.stop_after, server.wrong_start = None, True
    refused()  # what it sent is not the file
    assert NAME not in files(tmp_path)
    assert list(fetch("squeezenet")) and (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_stopping_keeps_what_came(server, tmp_path):
    for state in fetch("squeezenet"):
        if state.done > 1_500_000:
            break
    assert list(files(tmp_path)) == [NAME + ".part"] and files(tmp_path)[NAME + ".part"] == state.done
    list(fetch("squeezenet"))
    assert server.asked[-1] == f"bytes={state.done}-"
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


@pytest.mark.parametrize("left", [b"x" * 5_000_000, b"x" * len(CONTENTS), b"x" * 100])
def test_remains_of_another_file(left, server, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / (NAME + ".part")).write_bytes(left)
    if len(left) < len(CONTENTS):
        assert "is not the published file, so it was thrown away" in refused()
    list(fetch("squeezenet"))
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_a_whole_file_that_lacks_its_name_only(server, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / (NAME + ".part")).write_bytes(CONTENTS)
    assert list(fetch("squeezenet")) == [] and server.asked == []
    assert files(tmp_path) == {NAME: len(CONTENTS)}


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / NAME).write_bytes(CONTENTS[:-5] + b"wrong")
    list(fetch("squeezenet"))
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


@pytest.mark.parametrize(
    "contents", [b"<html>Please log in</html>", CONTENTS[::-1], b""], ids=["page", "swapped", "empty"]
)
def test_another_file_is_thrown_away(contents, server, tmp_path):
    server.contents = contents
    said = refused()
    assert "not the published file" in said or "416" in said
    assert files(tmp_path) == {}


def test_a_server_that_says_no_length(server, tmp_path):
    server.length = False
    states = list(fetch("squeezenet"))
    assert states[-1].done == len(CONTENTS) and all(0 <= state.done <= state.total for state in states)
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_an_answer_in_chunks(server, tmp_path):
    server.chunked, server.stop_after = True, 1_000_000
    assert "could not be fetched" in refused()  # broken off within a chunk
    server.stop_after = None
    list(fetch("squeezenet"))
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_has_no_such_file(status, server, tmp_path):
    server.status = status
    assert refused() == f"The server answered {status} instead of the weights of SqueezeNet 1.0. Try again later."
    assert files(tmp_path) == {}


def test_no_network(monkeypatch, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    publish(monkeypatch, port, tmp_path)
    said = refused()
    assert "could not be fetched" in said and "Check the network connection" in said and "README" in said


def test_a_server_that_talks_something_else(monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        publish(monkeypatch, listening.getsockname()[1], tmp_path)

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example ready\r\n")

        thread = Thread(target=answer)
        thread.start()
        assert "Check the network connection" in refused()
        thread.join()


def test_a_cache_that_cannot_be_written(server, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "file"))
    said = refused()
    assert "can't be kept" in said and "README" in said and "network connection" not in said


def test_a_full_disk(server, monkeypatch, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / (NAME + ".part")).symlink_to("/dev/full")
    said = refused()
    assert "can't be kept" in said and "Make room" in said


def test_two_at_once_in_one_program(server, tmp_path):
    server.paused = Event()
    first = fetch("squeezenet")
    next(first)
    assert refused() == "SqueezeNet 1.0 is being fetched already; wait for that to end."
    server.paused.set()
    list(first)
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS
    assert list(fetch("squeezenet")) == []


def test_two_at_once_in_two_programs(server, tmp_path):
    other = "from explainer.networks.fetch import _alone, entry; from pathlib import Path; import sys\n"
    other += "with _alone(entry('squeezenet'), Path(sys.argv[1])): print('mine', flush=True); sys.stdin.read()"
    target = tmp_path / "weights" / NAME
    process = subprocess.Popen(
        [sys.executable, "-c", other, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout.readline() == b"mine\n"
    assert "is being fetched already" in refused()
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()
    list(fetch("squeezenet"))
    assert target.read_bytes() == CONTENTS


def test_a_download_that_was_dropped_lets_the_next_one_in(server, tmp_path):
    dropped = fetch("squeezenet")
    next(dropped)
    del dropped
    list(fetch("squeezenet"))
    assert (tmp_path / "weights" / NAME).read_bytes() == CONTENTS


def test_no_such_network(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path))
    with pytest.raises(NetworkError, match="lenet"):
        list(fetch("lenet"))
    assert not os.listdir(tmp_path)
