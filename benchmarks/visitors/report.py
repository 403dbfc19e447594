"""What was measured, as a table, as sentences that hold or don't, and as data."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import mean, median

from benchmarks.visitors.notes import Notes, Run
from benchmarks.visitors.server import Server

ASKED = ("page", "control")  # what visitors wait for; ticks come by themselves, browsers draw besides
WITHIN_1, WITHIN_3 = 0.95, 0.99  # shares of the runs within one second, within three
ROOF_MB, LEFT_MB = 3000, 800
QUARTERS = ((0.5, 0.75), (0.75, 1.0))  # the third and the last
SLOWEST = 200  # runs that the data name one by one: when they came tells what they waited for
STEADY = 1.1  # the last quarter's memory, beside the third quarter's


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that at least that share of them does not exceed; NaN of none."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * share // 1).__trunc__() - 1)] if ranked else float("nan")


def figures(runs: Iterable[Run]) -> dict[str, float]:
    """How long answers took, in seconds."""
    seconds = [run.seconds for run in runs]
    return {
        "runs": len(seconds), "median": median(seconds) if seconds else float("nan"),
        "95th": percentile(seconds, 0.95), "99th": percentile(seconds, 0.99),
        "longest": max(seconds, default=float("nan")),
    }  # fmt: skip


def by_chapter(notes: Notes) -> dict[str, dict]:
    """Chapter → figures of what visitors asked for, of what pages asked by themselves, faults and waits."""
    pages = sorted({run.page for run in notes.runs if run.kind != "browser"} | {fault.page for fault in notes.faults})
    return {page: _row(notes, page) for page in pages}


def _row(notes: Notes, page: str | None) -> dict:
    runs = [run for run in notes.runs if page in (None, run.page)]
    ticks = figures(run for run in runs if run.kind == "tick")
    return {
        **figures(run for run in runs if run.kind in ASKED),
        "ticks": ticks["runs"], "ticks_95th": ticks["95th"], "ticks_longest": ticks["longest"],
        "faults": sum(page in (None, fault.page) for fault in notes.faults),
        "waits": sum(count for other, count in notes.waits.items() if page in (None, other)),
    }  # fmt: skip


def table(notes: Notes) -> str:
    """Chapters in rows."""
    rows = {**by_chapter(notes), "all": _row(notes, None)}
    lines = [
        f"{'chapter':16}{'runs':>6}{'median':>8}{'95th':>8}{'99th':>8}{'longest':>9}"
        f"{'ticks':>8}{'95th':>8}{'longest':>9}{'queued':>8}{'errors':>8}"
    ]
    for page, row in rows.items():
        lines.append(
            f"{page:16}{row['runs']:6d}{row['median']:8.2f}{row['95th']:8.2f}{row['99th']:8.2f}{row['longest']:9.2f}"
            f"{row['ticks']:8d}{row['ticks_95th']:8.2f}{row['ticks_longest']:9.2f}{row['waits']:8d}{row['faults']:8d}"
        )
    return "\n".join(lines)


def holds(notes: Notes, server: Server, ended: float, left: dict[int, float]) -> dict[str, bool | None]:
    """The conditions, each a sentence with its number → whether it holds; None where it was not measured.

    ended: seconds from the server's watch began until the visitors left. left: MB by seconds after that.
    """
    seconds = [run.seconds for run in notes.runs if run.kind in ASKED]
    at_once = sum(s <= 1 for s in seconds) / max(1, len(seconds))
    soon = sum(s <= 3 for s in seconds) / max(1, len(seconds))
    conditions = {
        f"no error ({len(notes.faults)})": not notes.faults,
        f"95 % of runs within 1 s ({at_once:.1%})": at_once >= WITHIN_1,
        f"99 % of runs within 3 s ({soon:.1%})": soon >= WITHIN_3,
    }
    during = [(at, mb) for at, mb in server.memory if at <= ended]
    if len(during) >= 8:
        highest = max(mb for _, mb in during)
        third, last = (mean(mb for at, mb in during if low * ended <= at <= high * ended) for low, high in QUARTERS)
        conditions[f"memory under 3 GB ({highest / 1000:.2f} GB)"] = highest < ROOF_MB
        conditions[
            f"memory flat over the second half ({third:.0f} MB in its first part, {last:.0f} MB in its second)"
        ] = last <= STEADY * third
    if 120 in left:
        conditions[f"under 800 MB two minutes after the last left ({left[120]:.0f} MB)"] = left[120] < LEFT_MB
    return conditions


def words(notes: Notes, server: Server, ended: float, left: dict[int, float], machine: dict) -> str:
    """The whole report, to be read."""
    during = [mb for at, mb in server.memory if at <= ended]
    lines = [table(notes), ""]
    if drawn := figures(run for run in notes.runs if run.kind == "browser"):
        lines += [
            f"in browsers, until drawn: {drawn['runs']} pages, median {drawn['median']:.2f} s, "
            f"95th {drawn['95th']:.2f} s, longest {drawn['longest']:.2f} s"
        ] * bool(drawn["runs"])
    if during:
        later = "".join(f", {mb:.0f} MB {after} s after all had left" for after, mb in left.items())
        lines.append(f"memory: {during[0]:.0f} MB at first, {max(during):.0f} MB at most{later}")
    lines.append(
        f"sent: {notes.received / 1e6:.0f} MB of messages (uncompressed), {notes.fetched / 1e6:.0f} MB of pictures; "
        f"processor time: {machine['server_seconds']:.0f} s for the server, {machine['visitors_seconds']:.0f} s "
        f"for the visitors, on {machine['cores']} cores (load before: {machine['load_before']:.1f})"
    )
    lines += [f"said on {page}: {text} ({count}×)" for (page, text), count in notes.said.most_common(8)]
    tickets = server.tickets()
    for (page, text), count in Counter((fault.page, _plain(fault.text)) for fault in notes.faults).most_common(20):
        lines.append(f"ERROR on {page}: {text} ({count}×)")
    for trace, count in server.tracebacks().most_common(10):
        lines += [f"\nIn the log, {count}×:", trace]
    lines.append("")
    for fault in notes.faults:
        if fault.ticket and fault.ticket not in tickets:
            lines.append(f"The log says nothing of ticket {fault.ticket}, on {fault.page}.")
    for sentence, held in holds(notes, server, ended, left).items():
        lines.append(f"{'holds' if held else 'DOES NOT HOLD':15}{sentence}")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A fault without its ticket, to count like with like."""
    return text.split(" Reload it")[0]


def data(notes: Notes, server: Server, ended: float, left: dict[int, float], machine: dict) -> dict:
    """The same for another program, NaN as null."""
    return _without_nan({
        "machine": machine, "all": _row(notes, None), "chapters": by_chapter(notes),
        "browsers": figures(run for run in notes.runs if run.kind == "browser"),
        "visitors": {"asked": len(notes.asked), "served": len(notes.served)},
        "slowest": [
            {"page": run.page, "kind": run.kind, "at": round(run.at, 1), "seconds": round(run.seconds, 2)}
            for run in sorted(notes.runs, key=lambda run: -run.seconds)[:SLOWEST]
        ],
        "memory_mb": [[round(at, 1), round(mb, 1)] for at, mb in server.memory],
        "memory_after_mb": left, "bytes": {"messages": notes.received, "pictures": notes.fetched},
        "errors": [vars(fault) for fault in notes.faults],
        "said": [{"page": page, "text": text, "times": n} for (page, text), n in notes.said.most_common()],
        "tracebacks": [{"text": text, "times": n} for text, n in server.tracebacks().most_common()],
        "holds": holds(notes, server, ended, left),
    })  # fmt: skip


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if value != value else value
