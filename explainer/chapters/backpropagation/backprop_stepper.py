"""The stage of *Backpropagation, step by step*: one example's numbers, stop by stop, in the browser."""

from collections.abc import Callable, Mapping

from torch import Tensor

from explainer.chapters.backpropagation.lesson import STOPS
from explainer.digits import Walk
from explainer.figures.tiles import magma
from explainer.ui.components import mount
from explainer.ui.digit_reader import packed


def backprop_stepper(
    done: Walk,
    parts: Tensor,
    *,
    key: str,
    version: str,
    at: tuple[int, int, int],
    words: Mapping[str, str],
    on_step: Callable[[int, int, int], None],
    on_next: Callable[[], None],
) -> None:
    """Show a walk; buttons and arrow keys go from stop to stop without asking the app.

    Args:
        parts: what each output adds to the cost, [10].
        version: another one for another walk; only then does the browser take ``at`` over.
        at: stop, output and hidden neuron to begin with.
        on_step: called with these three once the visitor rests at a stop.
        on_next: called when the next example is asked for.
    """
    label = int(done.y.argmax())
    numbers = {
        "x": done.x,
        "y": done.y,
        "w1": done.before.weights[0],
        "w1_after": done.after.weights[0],
        "w2": done.before.weights[1],
        "a1": done.activations[1],
        "a2": done.activations[2],
        "a1_after": done.activations_after[1],
        "a2_after": done.activations_after[2],
        "delta1": done.deltas[0],
        "delta2": done.deltas[1],
        "handed": done.contributions[0],
        "nabla_w1": done.nabla_w[0],
        "nabla_w2": done.nabla_w[1],
        "parts": parts,
    }
    data = {
        "version": version,
        "stop": at[0],
        "output": at[1],
        "chosen": at[2],
        "stops": list(STOPS),
        "hidden": len(done.deltas[0]),
        "label": label,
        "rate": done.rate,
        "cost": done.cost,
        "cost_after": done.cost_after,
        "numbers": {name: packed(values) for name, values in numbers.items()},
        "magma": magma().tolist(),
        "words": {name: text for name, text in words.items() if isinstance(text, str)},
    }

    def stepped(sent) -> None:
        place = place_of(sent, version, len(done.deltas[0]))
        if place:
            on_step(*place)

    mount("backprop_stepper", key, data, on={"at": stepped, "next": lambda _: on_next()}, parts=("digit_net",))


def place_of(given: object, version: str, hidden: int) -> tuple[int, int, int] | None:
    """Stop, output and hidden neuron that the browser sent for this walk; None if it sent something else."""
    if not isinstance(given, dict) or given.get("version") != version:
        return None
    place = tuple(given.get(name) for name in ("stop", "output", "hidden"))
    inside = all(isinstance(v, int) and 0 <= v < most for v, most in zip(place, (len(STOPS), 10, hidden), strict=True))
    return place if inside else None
