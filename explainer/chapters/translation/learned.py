"""Pictures of two readers that learn side by side: curves, filters with their maps, where sevens are read."""

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

from explainer.chapters.translation.blame import Blame
from explainer.chapters.translation.learning import CORNER, Learning, Plan, Sevens, Shares
from explainer.digits import Network
from explainer.figures.digits import ink_tiles, neuron_tiles
from explainer.figures.slide import Figure, Panel
from explainer.figures.tiles import Palette, activation_levels, address, magma, signed_tiles

Words = Mapping[str, str]


def curves(learning: Learning | None, palette: Palette, words: Words, height: int = 176) -> tuple[go.Figure, str]:
    """How many digits both read rightly, learned from and never seen, against passes; and its alt text."""
    history = learning.history if learning else ()
    figure = go.Figure()
    for name, colour in (("fully", palette.ink), ("convolutional", palette.positive)):
        for kind, dash, width in (("unseen", "solid", 2.4), ("seen", "dot", 1.6)):
            label = f"{words[f'net_{name}']}, {words[kind]}"
            figure.add_scatter(
                x=[point.passes for point in history],
                y=[100 * getattr(point, f"{name}_{kind}") for point in history],
                name=label,
                mode="lines" if len(history) > 1 else "markers",
                line={"color": colour, "width": width, "dash": dash},
                marker={"color": colour, "size": 7},
                hovertemplate=f"%{{y:.1f}}%<extra>{label}</extra>",
            )
    figure.update_layout(height=height, margin={"l": 8, "r": 12, "t": 8, "b": 8}, showlegend=False, uirevision="both")
    passes = learning.plan.passes if learning else Plan().passes
    figure.update_xaxes(title=words["passes"], range=[0, passes], showgrid=False)
    figure.update_yaxes(title=words["right_axis"], range=[0, 104], tickvals=[0, 25, 50, 75, 100])
    if not learning:
        return figure, words["curves_empty"]
    return figure, words["curves_alt"].format(passes=f"{learning.latest.passes:.1f}", **_percents(learning.latest))


def curves_legend(palette: Palette, words: Words) -> str:
    """What the four lines are."""
    line = '<span style="width: 20px; border-top: 2.4px {} {}"></span>'
    said = (
        line.format("solid", palette.ink) + words["net_fully"],
        line.format("solid", palette.positive) + words["net_convolutional"],
        line.format("solid", palette.dim) + words["unseen"],
        line.format("dotted", palette.dim) + words["seen"],
    )
    return f'<div class="legend" style="flex-wrap: wrap; row-gap: 0">{" ".join(said)}</div>'


def standings(learning: Learning | None, reads: tuple[int, int] | None, counts: tuple[int, int], words: Words) -> str:
    """Both networks' numbers, shares and answers to one digit, as an HTML table."""
    rows = [(words["row_numbers"], *(f"{count:,}" for count in counts))]
    if learning:
        now = learning.latest
        for kind in ("seen", "unseen"):
            shares = (getattr(now, f"{name}_{kind}") for name in ("fully", "convolutional"))
            rows.append((words[f"row_{kind}"], *(_percent(share) for share in shares)))
        gaps = (now.fully_seen - now.fully_unseen, now.convolutional_seen - now.convolutional_unseen)
        rows.append((words["row_gap"], *(f"{100 * gap:.1f}".replace("-", "−") for gap in gaps)))
        if learning.sevens:
            for kind in ("taught", "elsewhere"):
                rows.append((words[f"row_{kind}"], *(_percent(share) for share in getattr(learning.sevens, kind))))
    if reads:
        rows.append((words["row_reads"], *(str(guess) for guess in reads)))
    body = "".join(
        f"<tr><td>{escape(name)}</td>" + "".join(f'<td class="number">{value}</td>' for value in values) + "</tr>"
        for name, *values in rows
    )
    return (
        "<style>.both td, .both th { padding: 0.1rem 0.5rem 0.1rem 0 !important; font-size: 0.88rem; "
        "line-height: 1.25; } .both td.number, .both th + th { text-align: right !important; } "
        ".both table { margin: 0 !important; width: 100%; }</style>"
        f'<div class="sums both"><table><tr><th></th><th>{words["net_fully"]}</th>'
        f"<th>{words['net_convolutional']}</th></tr>{body}</table></div>"
    )


def filters_and_maps(found: Blame, palette: Palette, words: Words, gradients: bool) -> str:
    """Each first filter above its map, or with ``gradients`` how both should change; as HTML."""
    upper, lower = _tiles(found, palette, gradients)
    kind = "learned_gradient" if gradients else "learned_map"
    pairs = "".join(
        f'<figure><img class="filter" src="{address(top)}" alt="{_told(words[f"{kind}_filter_alt"], place)}">'
        f'<img src="{address(under)}" alt="{_told(words[f"{kind}_alt"], place, most=_most(found, place, gradients))}">'
        "</figure>"
        for place, (top, under) in enumerate(zip(upper, lower, strict=True))
    )
    return (
        "<style>.kernels { display: grid; grid-template-columns: repeat(8, 1fr); gap: 8px; } .kernels figure { "
        "margin: 0; display: grid; gap: 3px; justify-items: center; } .kernels img { width: 100%; max-width: 72px; "
        "image-rendering: pixelated; border-radius: 3px !important; } .kernels img.filter { width: 38px; } "
        "@media (max-width: 640px) { .kernels { grid-template-columns: repeat(4, 1fr); } }</style>"
        f'<div class="kernels">{pairs}</div>'
    )


def hidden_row(network: Network, palette: Palette, words: Words) -> str:
    """The fully connected network's hidden neurons, each its 784 weights, as HTML."""
    tiles = "".join(
        f'<img src="{address(tile)}" alt="{_told(words["hidden_neuron_alt"], place)}">'
        for place, tile in enumerate(neuron_tiles(network, palette))
    )
    return (
        "<style>.neurons { display: grid; grid-template-columns: repeat(15, 1fr); gap: 4px; } .neurons img { width: "
        "100%; image-rendering: pixelated; border-radius: 3px !important; } @media (max-width: 640px) { .neurons { "
        f'grid-template-columns: repeat(8, 1fr); }} }}</style><div class="neurons">{tiles}</div>'
    )


def digit_picture(picture: Tensor, palette: Palette) -> np.ndarray:
    """The digit as both are shown it: uint8 [28, 28, 3]."""
    return ink_tiles(picture.reshape(1, -1), palette)[0]


def sevens_maps(sevens: Sevens, palette: Palette, words: Words) -> str:
    """Where each network reads sevens as sevens: two maps of 9 × 9 places, as HTML."""
    figures = "".join(
        f'<figure><img src="{address(magma()[(255 * values).round().int().numpy()])}" '
        f'alt="{escape(_sevens_told(words[name], taught, other, words))}">'
        f"<figcaption>{words[name]}: {_percent(taught)} {words['upper_left']}, {_percent(other)} "
        f"{words['lower_right']}</figcaption></figure>"
        for name, values, taught, other in zip(
            ("net_fully", "net_convolutional"), (sevens.fully, sevens.convolutional), sevens.taught, sevens.elsewhere,
            strict=True,
        )
    )  # fmt: skip
    return (
        "<style>.sevens { display: flex; flex-wrap: wrap; gap: 1.4rem; margin: 0.4rem 0; } .sevens figure { margin: 0; "
        "width: 225px; font-size: 0.85rem; color: var(--dim); } .sevens img { width: 225px; "
        f'image-rendering: pixelated; border-radius: 4px; }}</style><div class="sevens">{figures}</div>'
    )


def _sevens_told(network: str, taught: float, elsewhere: float, words: Words) -> str:
    return words["sevens_alt"].format(network=network, taught=_percent(taught), elsewhere=_percent(elsewhere))


def runs_chart(runs: Mapping[Plan, Shares], plan: Plan, palette: Palette, words: Words) -> tuple[go.Figure, str]:
    """Unseen digits read rightly against the number of examples, over this visit's trainings of the same kind."""
    rows = [row for row in runs_rows(runs) if (row["stand"], row["paper"]) == (plan.where, _paper(plan))]
    rows.sort(key=lambda row: row["examples"])
    figure = go.Figure()
    for name, colour in (("fully", palette.ink), ("convolutional", palette.positive)):
        figure.add_scatter(
            x=[row["examples"] for row in rows], y=[row[f"{name} unseen, %"] for row in rows], mode="lines+markers",
            line={"color": colour, "width": 2.2}, marker={"color": colour, "size": 8}, name=words[f"net_{name}"],
            hovertemplate=f"%{{x:,}}: %{{y:.1f}}%<extra>{words[f'net_{name}']}</extra>",
        )  # fmt: skip
    figure.update_layout(height=230, margin={"l": 8, "r": 12, "t": 8, "b": 8}, showlegend=False)
    ticks = [50, 100, 200, 500, 1000, 2000, 4000]
    figure.update_xaxes(
        title=words["examples_axis"], type="log", range=[1.62, 3.7], tickvals=ticks, ticktext=[f"{n:,}" for n in ticks]
    )
    figure.update_yaxes(title=words["unseen_axis"], range=[0, 104], tickvals=[0, 25, 50, 75, 100])
    told = "; ".join(
        f"{row['examples']:,}: {row['fully unseen, %']:.0f}% / {row['convolutional unseen, %']:.0f}%" for row in rows
    )
    return figure, words["runs_alt"].format(runs=told)


def runs_rows(runs: Mapping[Plan, Shares]) -> list[dict]:
    """This visit's trainings as rows of a table."""
    return [
        {
            "examples": plan.examples, "stand": plan.where, "paper": _paper(plan), "seed": plan.seed,
            **{f"{name} {kind}, %": round(100 * getattr(shares, f"{name}_{kind}"), 1)
               for name in ("fully", "convolutional") for kind in ("seen", "unseen")},
        }
        for plan, shares in runs.items()
    ]  # fmt: skip


def learned_words(learning: Learning | None, words: Words) -> dict[str, str]:
    """What became of the prediction, in sentences with this training's numbers."""
    if not (learning and learning.finished):
        return {"learned": words["not_learned"], "sevens": words["not_sevens"]}
    plan = learning.plan
    stand = words[f"stand_{plan.where.replace(' ', '_')}"]
    learned = words["learned"].format(examples=f"{plan.examples:,}", stand=stand, **_percents(learning.latest))
    if plan.where != CORNER:
        return {"learned": learned, "sevens": words["not_sevens"]}
    (fully, convolutional), (fully_far, convolutional_far) = learning.sevens.taught, learning.sevens.elsewhere
    sevens = words["sevens_sheet" if plan.sheet else "sevens_frame"].format(
        fully=_percent(fully), convolutional=_percent(convolutional),
        fully_far=_percent(fully_far), convolutional_far=_percent(convolutional_far),
    )  # fmt: skip
    return {"learned": learned, "sevens": sevens}


def figure_to_keep(learning: Learning, found: Blame, palette: Palette, words: Words, gradients: bool) -> Figure:
    """The filters and their maps as panels, with what both networks read rightly."""
    upper, lower = _tiles(found, palette, gradients)
    pairs = [Panel(tile, str(place + 1), crisp=True) for place, tile in enumerate(upper)]
    pairs += [Panel(tile, "", crisp=True) for tile in lower]
    about = words["about"].format(
        examples=f"{learning.plan.examples:,}", stand=words[f"stand_{learning.plan.where.replace(' ', '_')}"],
        passes=f"{learning.latest.passes:.1f}", **_percents(learning.latest),
    )  # fmt: skip
    return Figure(pairs, about, columns=8)


def _tiles(found: Blame, palette: Palette, gradients: bool) -> tuple[np.ndarray, np.ndarray]:
    """Filters, or their gradients, and maps, or their errors: uint8 [8, h, w, 3] each."""
    if gradients:
        return signed_tiles(found.gradient.numpy(), palette), signed_tiles(found.errors.numpy(), palette)
    return signed_tiles(found.filters.numpy(), palette), magma()[activation_levels(found.maps.numpy(), shared=True)]


def _most(found: Blame, place: int, gradients: bool) -> str:
    values = (found.errors if gradients else found.maps)[place]
    return f"{values.abs().max().item():.2g}"


def _told(text: str, place: int, **values: str) -> str:
    return escape(text.format(number=place + 1, **values))


def _paper(plan: Plan) -> str:
    return "sheet" if plan.sheet else "frame"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _percents(shares: Shares) -> dict[str, str]:
    return {
        f"{name}_{kind}": _percent(getattr(shares, f"{name}_{kind}"))
        for name in ("fully", "convolutional") for kind in ("seen", "unseen")
    }  # fmt: skip
