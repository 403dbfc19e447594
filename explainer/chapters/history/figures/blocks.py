"""Blocks drawn from their modules: bars as long as there are maps, ways beside each other and round."""

from html import escape

from explainer.chapters.history import Block, Step
from explainer.figures.svg import line, rect, svg, text
from explainer.figures.tiles import LIGHT, Palette

WIDE, FIRST, GAP = 460, 40, 74
TYPE = 17  # of words: a little over 12 pixels on a phone


def block_svg(block: Block, palette: Palette = LIGHT) -> tuple[bytes, str]:
    """A block from top to bottom, a layer split in groups drawn in its pieces; and the alt text."""
    room = 300 if block.added else 430
    middle = 175 if block.added else WIDE / 2
    lanes = [middle - room / 2 + room / len(block.branches) * (i + 0.5) for i in range(len(block.branches))]
    longest = max(block.taken, *(step.handed for step in block.steps))
    scale = (room if len(lanes) == 1 else room / len(lanes) - 14) / longest
    bottom = FIRST + GAP * (max(map(len, block.branches)) + 1)
    parts = [
        text(middle, 16, f"{block.taken:,} maps come in", palette.ink, TYPE, "middle"),
        _bar(middle, 24, scale * block.taken if len(lanes) == 1 else room, palette.dim),
    ]
    for x, branch in zip(lanes, block.branches, strict=True):
        parts += _branch(branch, x, middle, scale, bottom, palette, crowded=len(lanes) > 1)
    if block.added:
        parts += _shortcut(block, middle, bottom, palette)
        parts.append(_bar(middle, bottom + 34, scale * block.handed, palette.dim))
        parts.append(text(middle, bottom + 62, f"{block.handed:,} maps go out", palette.ink, TYPE, "middle"))
    else:
        parts += _laid_together(block, lanes, middle, bottom, room, palette)
        parts.append(text(middle, bottom + 28, f"laid together: {block.handed:,} maps", palette.ink, TYPE, "middle"))
    alt = _alt(block)
    return svg(WIDE, bottom + (72 if block.added else 38), alt, parts), alt


def block_table(block: Block, compared: str) -> str:
    """HTML: the weights of each step and of the block, and those of the plain way, called ``compared``."""
    rows = [(escape(_said(step)), f"{step.weights:,}") for step in block.steps]
    rows.append(("<b>the block</b>", f"<b>{block.weights:,}</b>"))
    if block.added:
        words = "the shortcut, one 1×1 layer" if block.shortcut else "the shortcut"
        rows.append((words, f"{block.shortcut.weights:,}" if block.shortcut else "0"))
    rows.append((escape(compared), f"{block.plain:,}"))
    body = "".join(f"<tr><td>{name}</td><td class='number'>{count}</td></tr>" for name, count in rows)
    return (
        '<div class="sums" style="font-size:0.88rem;line-height:1.3"><table style="width:100%">'
        '<thead><tr><th>step</th><th style="text-align:right">weights</th>'
        f"</tr></thead><tbody>{body}</tbody></table>"
        f"<p>The plain way takes <b>{block.plain / block.weights:.1f} times</b> the weights.</p></div>"
    )


def _branch(branch, x: float, start: float, scale: float, bottom: int, palette: Palette, crowded: bool) -> list[str]:
    """One chain of steps, from the bar above to where the branches meet."""
    parts, above = [], 34
    for place, step in enumerate(branch):
        y = FIRST + GAP * (place + 1) - 26
        if step.groups > 1:
            parts += _strands(x, above, y, scale * step.taken, scale * step.handed, step.groups, palette)
        else:
            parts.append(_flow(start if place == 0 else x, above, x, y, palette))
        colour = palette.dim if step.kind == "pool" else palette.positive if step.groups > 1 else palette.negative
        parts.append(_bar(x, y, scale * step.handed, colour, step.groups))
        parts += _step_words(x, y + 25, step, palette, crowded)
        above = y + (49 if crowded else 32)
    parts.append(_flow(x, above, x, bottom - 12, palette))
    return parts


def _said(step: Step) -> str:
    if step.kind == "pool":
        return f"{step.window}×{step.window} pool"
    groups = f" in {step.groups} groups" if step.groups > 1 else ""
    return f"{step.window}×{step.window}{groups}, {step.taken:,} to {step.handed:,}"


def _alt(block: Block) -> str:
    ways = "; ".join(", then ".join(_said(step) for step in branch) for branch in block.branches)
    added = "; what came in is added to what comes out" if block.added else ""
    return f"Block {block.name}: {block.taken} maps come in; {ways}{added}; {block.handed} go out"


def _step_words(x: float, y: float, step: Step, palette: Palette, crowded: bool) -> list[str]:
    name = f"{step.window}×{step.window}" + (" pool" if step.kind == "pool" else "")
    if crowded:
        return [
            text(x, y, name, palette.ink, TYPE, "middle", 600),
            text(x, y + 18, f"{step.handed:,} maps", palette.dim, TYPE, "middle"),
        ]
    groups = f" in {step.groups} groups of {step.handed // step.groups}" if step.groups > 1 else ""
    return [text(x, y, f"{name} · {step.handed:,} maps{groups}", palette.ink, TYPE, "middle")]


def _bar(x: float, y: float, width: float, colour: str, pieces: int = 1) -> str:
    each = max(width, 2) / pieces
    gap = 0 if pieces == 1 else each * 0.3
    left = x - pieces * each / 2
    return "".join(rect(left + each * i + gap / 2, y, each - gap, 9, f'fill="{colour}"') for i in range(pieces))


def _strands(x: float, y: float, end: float, above: float, below: float, count: int, palette: Palette) -> list[str]:
    """One thin line for each group, from its share of the maps above to its share of those below."""
    shares = [(i + 0.5) / count - 0.5 for i in range(count)]
    return [line(x + above * share, y, x + below * share, end, palette.positive) for share in shares]


def _flow(x: float, y: float, to_x: float, to_y: float, palette: Palette) -> str:
    bend = (y + to_y) / 2
    return (
        f'<path d="M{x:.1f} {y:.1f} C{x:.1f} {bend:.1f} {to_x:.1f} {bend:.1f} {to_x:.1f} {to_y:.1f}" fill="none" '
        f'stroke="{palette.dim}" stroke-width="1.5"/>'
    )


def _shortcut(block: Block, x: float, bottom: int, palette: Palette) -> list[str]:
    """The way round the block, and the plus where both ways meet."""
    right, y, thick = WIDE - 122, bottom + 2, f'stroke="{palette.positive}" stroke-width="2.5"'
    words = ("skip:", "unchanged") if block.shortcut is None else ("skip:", "one 1×1 layer")
    return [
        f'<path d="M{x:.1f} 33 V42 H{right - 14} Q{right} 42 {right} 56 V{y - 14} Q{right} {y} {right - 14} {y} '
        f'H{x + 13:.1f}" fill="none" {thick}/>',
        f'<circle cx="{x:.1f}" cy="{y}" r="12" fill="{palette.card}" {thick}/>',
        f'<path d="M{x - 6:.1f} {y} h12 M{x:.1f} {y - 6} v12" {thick}/>',
        line(x, y + 12, x, bottom + 34, palette.dim),
        *(
            text(right + 9, bottom / 2 + 20 + 19 * i, word, palette.positive, TYPE, weight=600)
            for i, word in enumerate(words)
        ),
    ]


def _laid_together(
    block: Block, lanes: list[float], middle: float, y: float, room: float, palette: Palette
) -> list[str]:
    """The branches' maps as pieces of one bar, and lines from the branches to them."""
    parts, start = [], middle - room / 2
    for x, branch in zip(lanes, block.branches, strict=True):
        width = room * branch[-1].handed / block.handed
        parts.append(_flow(x, y - 13, start + width / 2, y, palette))
        parts.append(rect(start + 1, y, max(width - 2, 1), 9, f'fill="{palette.negative}"'))
        start += width
    return parts
