"""Controls whose value stands in the link.

A control shows what was chosen in this session; on first sight what the link says; after a
visit to another chapter what was chosen here before. What is not there, in an old link or
with another network, gives way to the default. A control that nobody touched goes along
when its default changes, as with another picture.
"""

from collections.abc import Callable, Collection
from html import escape

import streamlit as st

session = st.session_state
FORGOTTEN = (None, "forgotten")


def choice(
    label: str, options: list[str], key: str, default: str, called: Callable[[str], str] | None = None, **arguments
) -> str:
    """One of several words, from a list that opens. ``called``: what the list calls a word of the link's."""
    settle(key, default, allowed=options)
    at = options.index(default)
    if called is None:
        chosen = st.selectbox(label, options, at, key=key, bind="query-params", **arguments)
    else:  # Streamlit would put what the list says into the link
        chosen = st.selectbox(label, options, at, key=key, format_func=called, **arguments)
        write(key, chosen if chosen != default else None)
    return _keep(key, chosen, default)


def write(key: str, value: str | None) -> None:
    """Put a value into the link ourselves; None: leave it out."""
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value
    session.setdefault("written", {})[key] = value


def new_in_link(key: str) -> str | None:
    """What the link says that we did not write there: the visitor followed another link, or went back."""
    given = st.query_params.get(key)
    return given if given != session.get("written", {}).get(key) else None


def segments(
    label: str, options: list[str], key: str, default: str | None = None,
    called: Callable[[str], str] | None = None, **arguments,
) -> str:  # fmt: skip
    """One of a few words, side by side; the first unless another is the default. ``called``: as in :func:`choice`."""
    default = options[0] if default is None else default
    settle(key, default, allowed=options)
    arguments |= {"bind": "query-params"} if called is None else {"format_func": called}
    chosen = st.segmented_control(label, options, default=default, required=True, key=key, **arguments)
    if called is not None:
        write(key, chosen if chosen != default else None)
    return _keep(key, chosen, default)


def slide(
    label: str, options: list[str], key: str, default: str, called: Callable[[str], str] = str, **arguments
) -> str:  # fmt: skip
    """One of several steps on a slider. ``called``: what stands at it."""
    settle(key, default, allowed=options)
    chosen = st.select_slider(label, options, key=key, format_func=called, **arguments)
    write(key, chosen if chosen != default else None)
    return _keep(key, chosen, default)


def number(label: str, key: str, least, most, default, **arguments):
    """A number within limits, whole if the default is. What is beyond them is answered with the limits."""
    typed, (before, _) = session.get(key), _kept().get(key, FORGOTTEN)
    told = session.setdefault("told", {})
    if typed is None:
        if before is not None:  # back from another chapter
            told.pop(key, None)
        given = st.query_params.get(key)
        if given is not None and _as_number(given, default, least, most) is None:
            told[key] = f"{given[:12]} in the link"
    elif typed != before:
        told.pop(key, None)
        if not least <= typed <= most:
            told[key] = f"{typed:,}"
            session[key] = before if before is not None and least <= before <= most else default
    settle(key, default, least=least, most=most)
    # No limits for Streamlit: what it refuses it never sends, and nobody says why.
    chosen = st.number_input(label, value=default, key=key, bind="query-params", **arguments)
    if key in told:
        st.html(f'<div class="told" role="status">{escape(told[key])}: only {least:,} to {most:,}</div>')
    return _keep(key, chosen, default)


def _as_number(given, default, least, most):
    """What a link says as a number like the default, if it is one within limits."""
    try:
        value = type(default)(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if least <= value <= most else None


def several(label: str, options: list[str], key: str, default: list[str], **arguments) -> list[str]:
    """Any number of words; not in the link, but as it was after a visit to another chapter."""
    if key not in session:
        session[key], _ = _kept().get(key, (default, default))
    return _keep(key, st.pills(label, options, selection_mode="multi", key=key, **arguments), default)


def kept(key: str, read, default):
    """What is no control's own: this session's value, else the link's, else the default.

    ``read`` makes a value of what it finds; where it raises ValueError, TypeError or OverflowError,
    or gives None, it is passed over.
    """
    for given in (session.get(key), st.query_params.get(key)):
        try:
            value = None if given is None else read(given)
        except (TypeError, ValueError, OverflowError):
            continue
        if value is not None:
            return value
    return default


def whole(least: int, most: int):
    """Reads a whole number of these, for :func:`kept`."""

    def read(given) -> int | None:
        value = int(given)
        return value if least <= value <= most else None

    return read


def among(allowed):
    """Reads a word that is one of these, for :func:`kept`."""
    return lambda given: given if given in allowed else None


def follows(held: str, *words: str) -> None:
    """Say of what a page keeps as ``held`` from which words of the link it was read; see :func:`let_go`."""
    session.setdefault("follows", {})[held] = words


def let_go(words: Collection[str] | None) -> None:
    """Hold on to nothing that stands for these words of the link, so that the link decides; None: for any of them.

    The picture and its square, the network and presenter mode are let go only where they are named.
    """
    follow = session.get("follows", {})
    everywhere = {"picture", "square", "network", "present", "names"}
    if words is None:
        words = {*_kept(), *session.get("written", {}), *(word for read in follow.values() for word in read)}
        words -= everywhere
    held = [name for name, read in follow.items() if set(read) & set(words)]
    for name in (*words, *held):
        session.pop(name, None)
        for store in (_kept(), session.get("written", {}), session.get("told", {})):
            store.pop(name, None)


def forget(*keys: str) -> None:
    """Back to the defaults: what these controls stand for is another thing now."""
    _kept().update(dict.fromkeys(keys, FORGOTTEN))


def of_layer(layer: str) -> None:
    """Say which layer the number under "unit" is a detector of, before its control is drawn.

    The pair goes along from chapter to chapter; where a chapter shows another layer, the number, which means another
    detector there, is forgotten, unless the link names it.
    """
    before, session["unit_of"] = session.get("unit_of", layer), layer
    if before != layer and new_in_link("unit") is None:
        forget("unit")
        session.pop("unit", None)


def settle(key: str, default, *, allowed=None, least=None, most=None) -> None:
    """Give a control its value before it is drawn.

    It is written even where nothing changes: when the browser's Back leads to a page,
    Streamlit knows the value but no longer the control. The value is of the default's type
    and among the ``allowed``, or from ``least`` to ``most``.
    """

    def fitting(given):
        if allowed is None:
            return _as_number(given, default, least, most)
        return given if given in allowed else None

    in_link, kept = st.query_params.get(key), _kept().get(key, (None, None))
    if in_link is not None and key not in session and kept is not FORGOTTEN and fitting(in_link) is None:
        del st.query_params[key]  # Streamlit would make something of it: 1 of 1.5, an error of infinity
        st.rerun()
    if kept is FORGOTTEN:
        candidates = []
    elif session.get(key, kept[0]) == kept[0] == kept[1]:  # untouched
        candidates = [in_link]
    else:
        candidates = [session.get(key), in_link, kept[0]]
    if key in session.get("written", {}):
        candidates.insert(0, new_in_link(key))
    session[key] = next((value for given in candidates if (value := fitting(given)) is not None), default)


def _kept() -> dict:
    """key → (what the control showed last, its default then)."""
    return session.setdefault("linked", {})


def _keep(key: str, value, default):
    _kept()[key] = (value, default)
    return value
