"""What visitors do: walk through the chapters, use what they find, leave, come back; or they just sit there."""

import asyncio
import io
from functools import cache
from random import Random
from time import monotonic

import numpy as np
from PIL import Image

from benchmarks.visitors.notes import Notes
from benchmarks.visitors.tab import Control, Tab, json_value
from explainer.chapters import chapters
from explainer.gallery import SAMPLES

PACE = (4.0, 12.0)  # seconds for which a page is read
LEFT_ALONE = ("fetch", "camera", "turn_")  # would load from the network, ask for a camera, or are links
WORK = ("_start", "_pause", "_stop", "_continue", "_step")  # buttons of long work, by the ends of their keys
HABITS = {"turn": 52, "use": 24, "work": 14, "upload": 4, "leave": 6}  # of a hundred

# What links of one's own ask for besides the picture; {n} is another number for everybody.
LINKS = {
    "layers": ("layer=conv3", "layer=conv5"),
    "backpropagation": ("lesson=train&learn_seed={n}", "lesson=tune&tune_seed={n}", "lesson=walk"),
    "convolution": ("stride=2", "kernel_look=edges"),
    "deconvnet": ("layer=conv4&unit={n}", "layer=conv5&unit={n}", "layer=conv2&unit={n}"),
    "digits": ("test_digit={n}", "digit_from=photograph"),
    "dream": ("seed={n}", "dream=a+detector&unit={n}", "dream=regularisers&seed={n}", "dream=deepdream&seed={n}"),
    "first_layer": ("unit={n}", "panel=sharing", "sheet=strongest+first"),
    "history": ("",),
    "home": ("",),
    "limits": ("sweep_by=scale", "limit=nudge", "limit=context", "limit=parts+upside+down"),
    "neuron": ("lights=101",),
    "nonlinearity": ("hidden_count=20",),
    "translation": ("moved_digit={n}", "standing=read+a+line"),
    "verdict": ("without={n}", ""),
}


def own_link(chance: Random, page: str = "") -> str:
    """A link to a chapter with a picture, seeds and numbers of one's own."""
    page = page or chance.choice([chapter.name for chapter in chapters()])
    asked = chance.choice(LINKS.get(page, ("",))).format(n=chance.randrange(90))
    query = "&".join(part for part in (f"picture={chance.choice(list(SAMPLES))}", asked) if part)
    return f"{'' if page == 'home' else page.replace('_', '-')}?{query}"


async def sit(address: str, notes: Notes, chance: Random, arrives: float, until: float) -> None:
    """Somebody who opens a page and does nothing any more; its clocks go on."""
    await asyncio.sleep(arrives)
    tab = Tab(address, notes)
    try:
        await tab.open(own_link(chance))
        await tab.answered()
        await asyncio.sleep(max(0.0, until - monotonic()))
    finally:
        await tab.close()


async def walk(address: str, notes: Notes, chance: Random, arrives: float, until: float, pace=PACE) -> None:
    """Somebody who reads, turns pages, tries things, starts and stops work, brings a picture, leaves and returns."""
    await asyncio.sleep(arrives)
    tab = Tab(address, notes)
    try:
        await tab.open(own_link(chance))
        while monotonic() < until:
            await tab.answered()
            await asyncio.sleep(min(chance.uniform(*pace), max(0.0, until - monotonic())))
            if monotonic() >= until:
                break  # or all of them would do one thing more, in the same moment
            habit = chance.choices(list(HABITS), HABITS.values())[0]
            if habit == "leave" or not tab.pages:
                tab = await leave_and_return(tab, chance)
            elif not await DOES[habit](tab, chance):
                await turn(tab, chance)
        await tab.answered()
    finally:
        await tab.close()


async def turn(tab: Tab, chance: Random) -> bool:
    """To another chapter."""
    await tab.turn_to(chance.choice([page for page in tab.pages if page != tab.page]))
    return True


async def use(tab: Tab, chance: Random) -> bool:
    """Change something that the page offers."""
    usable = [(control, value) for control in tab.controls.values() if (value := another_value(control, chance))]
    if usable:
        control, value = chance.choice(usable)
        await tab.use(control, **value)
    return bool(usable)


async def work(tab: Tab, chance: Random) -> bool:
    """Start a dream, a training, a sweep; or stop it, or go on."""
    buttons = [c for c in tab.controls.values() if c.kind == "button" and c.key.endswith(WORK) and not c.shown.disabled]
    if buttons:
        await tab.use(chance.choice(buttons), trigger_value=True)
    return bool(buttons)


async def upload(tab: Tab, chance: Random) -> bool:
    """Bring a picture of one's own."""
    places = [c for c in tab.controls.values() if c.kind == "file_uploader" and c.key == "uploaded"]
    if places:
        seed = chance.randrange(1000)
        await tab.upload(places[0], f"mine-{seed}.jpg", photograph(seed))
    return bool(places)


DOES = {"turn": turn, "use": use, "work": work, "upload": upload}


async def leave_and_return(tab: Tab, chance: Random) -> Tab:
    """Turn a page, leave before it is drawn, and come back: with a link, or as a browser whose connection broke."""
    if tab.pages:
        await turn(tab, chance)
        await asyncio.sleep(chance.uniform(0.0, 0.3))
    await tab.close()
    await asyncio.sleep(chance.uniform(1.0, 5.0))
    if tab.pages and chance.random() < 0.5:
        await tab.open(own_link(chance, tab.page.replace("-", "_")), again=True)
        return tab
    fresh = Tab(tab.address, tab.notes)
    await fresh.open(own_link(chance))
    return fresh


def another_value(control: Control, chance: Random) -> dict | None:
    """A value that the control could be given by hand; None where it is none that visitors here change."""
    shown = control.shown
    if control.key.startswith(LEFT_ALONE) or getattr(shown, "disabled", False):
        return None
    match control.kind:
        case "button":
            return None if control.key.endswith(WORK) else {"trigger_value": True}
        case "selectbox" if shown.options:
            return {"string_value": chance.choice(shown.options)}
        case "button_group":
            several = shown.click_mode == shown.MULTI_SELECT
            words = [option.content for option in shown.options]
            return {"string_array_value": chance.sample(words, chance.randint(1, len(words)) if several else 1)}
        case "slider" if shown.options:
            return {"string_array_value": [chance.choice(shown.options)]}
        case "slider" if len(shown.default) == 1:
            return {"double_array_value": [stepped(shown, chance)]}
        case "number_input" if shown.has_min and shown.has_max:
            return {"double_value": stepped(shown, chance)}
        case "checkbox":
            return {"bool_value": chance.random() < 0.5}
        case "bidi_component":
            return moved(control, chance)
    return None


def stepped(shown, chance: Random) -> float:
    """A value of a slider or a number field, a few steps from its least."""
    steps = min(20, int((shown.max - shown.min) / (shown.step or 1)))
    return shown.min + chance.randint(0, steps) * (shown.step or 1)


def moved(control: Control, chance: Random) -> dict | None:
    """What some of the house's own components report."""
    match control.shown.component_name.rsplit(".")[-1]:
        case "tile_grid" if control.count:
            return {"json_value": json_value("selected", chance.randrange(control.count))}
        case "place_picker":
            return {"json_value": json_value("place", [chance.randrange(6), chance.randrange(6)])}
        case "shift_view":
            return {"json_value": json_value("shift", [chance.randint(-3, 3), chance.randint(-3, 3)])}
        case "sweep_view":
            return {"json_value": json_value("step", chance.randrange(5))}
    return None


@cache
def photograph(seed: int) -> bytes:
    """A JPEG of coarse colours, another for each seed: 640 × 480 pixels."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()
