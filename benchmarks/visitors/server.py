"""The server that is visited: started here, or found; its memory, its processor time, what it logged."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024 if hasattr(os, "sysconf") else 4


@dataclass
class Server:
    """address: where it answers. pid: its process, None where it can't be seen. log: what it writes, if it is ours."""

    address: str
    pid: int | None
    log: Path | None = None
    began: float = field(default_factory=time.monotonic)
    memory: list[tuple[float, float]] = field(default_factory=list)  # (seconds since the start, MB)

    def tracebacks(self) -> Counter:
        """Stack traces in the log, each without its lines of time and ticket → how often.

        What Streamlit's socket tells of a visitor who left in the middle of an answer is none.
        """
        text = self.log.read_text(errors="replace") if self.log else ""
        found = Counter()
        for part in text.split("Traceback (most recent call last)")[1:]:
            lines = part.lstrip(":\n").splitlines()
            end = next((i for i, line in enumerate(lines) if line and not line.startswith((" ", "\t"))), len(lines) - 1)
            trace = "\n".join(lines[: end + 1])
            if not tells_of_a_leaving(trace):
                found[trace] += 1
        return found

    def tickets(self) -> dict[str, str]:
        """ticket → the stack trace logged under it."""
        text = self.log.read_text(errors="replace") if self.log else ""
        pieces = re.split(r"ticket ([0-9a-f]{8})", text)
        return {name: after.split("\n\n")[0].strip() for name, after in zip(pieces[1::2], pieces[2::2], strict=True)}

    async def watch(self, every: float = 1.0) -> None:
        """Write down the memory, until cancelled."""
        while self.pid:
            self.memory.append((time.monotonic() - self.began, self.megabytes()))
            await asyncio.sleep(every)

    def megabytes(self) -> float:
        """Memory that the server and its children hold now (resident set)."""
        return sum(_resident(pid) for pid in _family(self.pid)) / 1024 if self.pid else float("nan")

    def processor_seconds(self) -> float:
        """Time of processor cores that the server has used so far."""
        return sum(_processor_seconds(pid) for pid in _family(self.pid)) if self.pid else float("nan")


def tells_of_a_leaving(trace: str) -> bool:
    """Whether a stack trace only says that a visitor left in the middle of an answer."""
    return "in _websocket_endpoint" in trace and ("WebSocketDisconnected" in trace or "is not connected" in trace)


@contextmanager
def served(port: int = 0, without: tuple[str, ...] = (), **environment: str) -> Iterator[Server]:
    """The app, served as ``make run`` does, with an empty cache of its own and the digits that ship with it.

    without: variables of the environment that it is not to see.

    Raises:
        RuntimeError: it did not answer within two minutes.
    """
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        variables = {**os.environ, "EXPLAINER_CACHE": folder, **environment}
        for name in {"EXPLAINER_DATA", "EXPLAINER_WEIGHTS", *without} - set(environment):
            variables.pop(name, None)
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "explainer", "serve", "--port", str(port)],
                cwd=ROOT, env=variables, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            server = Server(f"http://localhost:{port}", process.pid, log)
            wait_until_answered(server.address, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_answered(address: str, process: subprocess.Popen | None = None) -> None:
    for _ in range(1200):
        if process and process.poll() is not None:
            raise RuntimeError("The server stopped at its start.")
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} does not answer.")


def _family(pid: int) -> list[int]:
    """The process and all that it has started, as far as they can be seen."""
    found = [pid]
    for parent in found:
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in path.read_text().split()]
            except OSError:
                continue
    return found


def _resident(pid: int) -> float:
    """KB; 0 for a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KB
    except (OSError, IndexError):
        return 0.0


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
