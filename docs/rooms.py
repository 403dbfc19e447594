"""The rooms of the house and who uses whom, read from the imports: ``python docs/rooms.py`` draws architecture.md."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"

# From the ground up: a room uses rooms of the floors below its own, and none of its own floor.
FLOORS = (
    ("errors", "places", "receptive", "threads", "whole"),
    ("workshop", "pictures", "words"),
    ("gallery", "networks", "teaching"),
    ("first_picture", "deconvnet", "digits", "dream"),
    ("attribution", "corpus", "training"),
    ("figures",),
    ("atlas",),
    ("ui",),
    ("chapters",),
    ("classroom",),
    ("pages", "commands", "app"),
)
HOLDS = {
    "errors": "what goes wrong, in sentences for people",
    "places": "folders: the app's own, the cache",
    "receptive": "which pixels a unit sees",
    "threads": "one thread of PyTorch for each visitor",
    "whole": "files that are written whole or not at all",
    "workshop": "all work that takes longer than a moment: jobs, workers, one store with a budget",
    "pictures": "a picture from its bytes: checked, turned, cropped",
    "words": "the chapters' list and their words (`explainer/chapters/__init__.py`, `assets/words`)",
    "gallery": "the pictures that come with the app",
    "teaching": "glossary, lessons, quizzes and routes, as data",
    "networks": "loading, describing and running networks; one trace a picture",
    "first_picture": "the picture a visitor meets first",
    "deconvnet": "a unit's activation projected back to the pixels",
    "digits": "digits, the networks that read them, and how these learn",
    "dream": "pictures made backwards",
    "attribution": "which pixels and detectors an answer rests on",
    "corpus": "many pictures, and the index of which move a detector most",
    "atlas": "what each detector of a network looks for: faces, tuning, wires, kept in a file",
    "training": "how the networks in the box are made; not needed by the app",
    "figures": "the kit that chapters share: tiles, maps, slides",
    "ui": "the app's frame: stage, sidebar, linked controls, mounting of components",
    "chapters": "a folder for each, with all that it alone needs; they don't know each other",
    "classroom": "exercises with worked answers and quizzes at a chapter's end",
    "pages": "one thin page a chapter",
    "commands": "the command line, one file a command",
    "app": "the router",
}


def modules() -> dict[str, Path]:
    """Every module of the app by its dotted name."""
    files = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("explainer/**/*.py")]
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


@cache
def imports() -> tuple[tuple[str, str], ...]:
    """(module, module that it imports) within the app, those inside functions as well."""
    known = modules()
    found = set()
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                asked = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                within = [f"{node.module}.{alias.name}" for alias in node.names]
                asked = [full if full in known else node.module for full in within]
            else:
                continue
            found |= {(name, other) for other in asked if other in known and other != name}
    return tuple(sorted(found))


def room(module: str) -> str:
    """The room a module is in: "networks" of "explainer.networks.zoo"."""
    first, *rest = module.split(".")
    if first != "explainer":
        return first
    if rest[:1] == ["chapters"] and len(rest) == 1:
        return "words"
    return "commands" if rest[:1] == ["__main__"] else rest[0] if rest else "errors"


def chapter(module: str) -> str | None:
    """The chapter a module belongs to, its page as well; None if to none."""
    parts = module.split(".")
    if parts[0] == "pages":
        return parts[1]
    return parts[2] if parts[:2] == ["explainer", "chapters"] and len(parts) > 2 else None


def uses() -> dict[str, set[str]]:
    """Every room with the rooms that it uses."""
    found = defaultdict(set)
    for one, other in imports():
        if room(one) != room(other):
            found[room(one)].add(room(other))
    return found


def reduced(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Only the arrows that no longer way stands for."""

    def reach(name: str) -> set[str]:
        return found.get(name, set()).union(*map(reach, found.get(name, ())))

    return {name: others - set().union(*map(reach, others)) for name, others in found.items()}


def drawing() -> str:
    """The rooms as a Mermaid chart, the ground at its foot."""
    lines = ["```mermaid", "flowchart TB"]
    for number, floor in reversed(list(enumerate(FLOORS))):
        lines += [f"  subgraph floor{number} [ ]", *(f"    {name}" for name in floor), "  end"]
    arrows = reduced(uses())
    lines += [f"  {name} --> {other}" for name in sorted(arrows) for other in sorted(arrows[name])]
    return "\n".join([*lines, "```"])


def table() -> str:
    """What every room holds and which rooms it uses, all of them."""
    found = uses()
    rows = [
        f"| `{name}` | {HOLDS[name]} | {', '.join(sorted(found.get(name, ()))) or 'nothing'} |"
        for floor in reversed(FLOORS)
        for name in floor
    ]
    return "\n".join(["| room | holds | uses |", "|---|---|---|", *rows])


def drawn(text: str) -> str:
    """The page with drawing and table as they are now; the words around them stay."""
    begin, end = "<!-- drawn -->\n", "<!-- to here -->\n"
    words, rest = text.split(begin)
    return f"{words}{begin}{drawing()}\n\n{table()}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
