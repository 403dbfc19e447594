"""``make load``: a class at once. Visitors walk through the app, others sit in it: who waits, what fails.

Visitors speak Streamlit's own protocol (:mod:`benchmarks.visitors.tab`); a few can be real
browsers. The server is started here, or named by ``--address``. Give both the cores that the
numbers are to stand for: ``taskset -c 0,1 make load``.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage

from benchmarks.visitors.habits import PACE, own_link, sit, walk
from benchmarks.visitors.notes import Notes
from benchmarks.visitors.report import data, words
from benchmarks.visitors.server import Server, served
from benchmarks.visitors.tab import Tab

AFTER = (30, 60, 120)  # seconds after the last has left at which memory is read


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.splitlines()[0])
    parser.add_argument("--walking", type=int, default=30, metavar="N", help="visitors who walk through the chapters")
    parser.add_argument("--idle", type=int, default=100, metavar="N", help="visitors who open a page and sit there")
    parser.add_argument("--browsers", type=int, default=0, metavar="N", help="real browsers that walk, too")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pace", type=float, nargs=2, default=PACE, metavar="S", help="seconds a page is read")
    parser.add_argument("--seed", type=int, default=0, help="other visitors, with other links and habits")
    parser.add_argument("--address", help="of a server that runs already, such as http://localhost:8501")
    parser.add_argument("--pid", type=int, help="its process, to measure its memory")
    parser.add_argument("--port", type=int, default=0, help="for the server that is started here")
    parser.add_argument("--burst", type=int, metavar="N", help="instead: N visitors open one page in the same second")
    parser.add_argument("--page", default="history", help="the page of the burst")
    parser.add_argument("--stay", type=int, default=max(AFTER), help="seconds to watch memory after all have left")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the numbers, for other programs")
    return parser.parse_args(given)


async def visit(asked: argparse.Namespace, server: Server) -> tuple[Notes, float, dict[int, float]]:
    """Let them all come, and watch: what was noted, when the last left (by the server's clock), MB thereafter."""
    notes = Notes()
    until = time.monotonic() + 60 * asked.minutes
    watching = asyncio.create_task(server.watch())
    arrival = Random(asked.seed)
    first, soon = asked.pace[1], min(60.0, 10 * asked.minutes)  # seconds in which they arrive
    chances = [Random(f"{asked.seed} walks {n}") for n in range(asked.walking)]
    walking = [walk(server.address, notes, c, arrival.uniform(0, first), until, asked.pace) for c in chances]
    chances = [Random(f"{asked.seed} sits {n}") for n in range(asked.idle)]
    idle = [sit(server.address, notes, c, arrival.uniform(0, soon), until) for c in chances]
    browsing = []
    if asked.browsers:
        from benchmarks.visitors.browsers import browse

        browsing = [asyncio.to_thread(browse, server.address, notes, asked.browsers, asked.seed, until, asked.pace)]
    await asyncio.gather(*walking, *idle, *browsing)
    ended = time.monotonic() - server.began
    left, gone = {}, time.monotonic()
    for after in AFTER:
        if server.pid and after <= asked.stay:
            await asyncio.sleep(max(0.0, gone + after - time.monotonic()))
            left[after] = server.megabytes()
    watching.cancel()
    return notes, ended, left


async def burst(asked: argparse.Namespace, server: Server) -> Notes:
    """Somebody has warmed the server up; then many open one page in the same second, and stay until it is drawn."""
    first = Tab(server.address, Notes())
    await first.open(own_link(Random(asked.seed), "home"))
    await first.answered(120)
    notes, before, used = Notes(), server.megabytes(), server.processor_seconds()
    watching = asyncio.create_task(server.watch(0.2))
    tabs = [Tab(server.address, notes) for _ in range(asked.burst)]

    async def come(tab: Tab, after: float) -> None:
        await asyncio.sleep(after)
        await tab.open(asked.page)
        await tab.answered(120)

    await asyncio.gather(*(come(tab, n / asked.burst) for n, tab in enumerate(tabs)))
    await at_rest(server)
    watching.cancel()
    for tab in (first, *tabs):
        await tab.close()
    seconds = sorted(run.seconds for run in notes.runs if run.kind == "page") or [float("nan")]
    print(
        f"{asked.burst} visitors opened {asked.page} in the same second: {len(notes.served)} were served, "
        f"{len(notes.faults)} errors; median {seconds[len(seconds) // 2]:.2f} s, longest {seconds[-1]:.2f} s; "
        f"{server.processor_seconds() - used:.1f} s of processor time, "
        f"{max((mb for _, mb in server.memory), default=before) - before:.0f} MB more at most"
    )
    return notes


async def at_rest(server: Server, patience: float = 120) -> None:
    """Wait until the server uses next to no processor time: what the page has begun is done."""
    until = time.monotonic() + patience
    while server.pid and time.monotonic() < until:
        used = server.processor_seconds()
        await asyncio.sleep(3)
        if server.processor_seconds() - used < 0.3:
            return


def main(given: list[str] | None = None) -> int:
    """Run it, print the table, say what holds; 1 where something does not."""
    asked = arguments(given)
    machine = {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": os.getloadavg()[0], "walking": asked.walking, "idle": asked.idle, "browsers": asked.browsers,
        "minutes": asked.minutes, "seed": asked.seed,
    }  # fmt: skip
    running = nullcontext(Server(asked.address, asked.pid)) if asked.address else served(asked.port)
    with running as server:
        if asked.burst:
            notes = asyncio.run(burst(asked, server))
            return int(bool(notes.faults) or len(notes.served) < asked.burst)
        notes, ended, left = asyncio.run(visit(asked, server))
        used = getrusage(RUSAGE_SELF)
        machine |= {"server_seconds": server.processor_seconds(), "visitors_seconds": used.ru_utime + used.ru_stime}
        print(words(notes, server, ended, left, machine))
        found = data(notes, server, ended, left, machine)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return int(not all(found["holds"].values()))


if __name__ == "__main__":
    sys.exit(main())
