"""Where a detector is given a name, and where all names are taken along in a file, or put in from one."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from explainer.atlas.called import LONGEST, MOST, NamesError, from_file, to_file, to_link
from explainer.networks import Network
from explainer.ui import detector_names
from explainer.ui.card.way import Stop
from explainer.ui.card.words import words
from explainer.ui.foreign import as_text

_FILES, _TOLD = "card_name_files", "card_names_told"  # in the session


def name_field(network: Network, stop: Stop) -> None:
    """A detector's name, and the menu of all names."""
    key = f"call_{stop.layer}_{stop.unit}"
    name = detector_names.name_of(stop.layer, stop.unit)
    if st.session_state.get(key, "") != name:  # else what is being typed would be taken away by a run meanwhile
        st.session_state[key] = name
    st.text_input(
        words("call", unit=stop.unit, layer=stop.layer), key=key, max_chars=LONGEST, label_visibility="collapsed",
        placeholder=words("call_example"), width=190,
        on_change=lambda: detector_names.call(stop.layer, stop.unit, st.session_state[key]),
    )  # fmt: skip
    with st.popover(words("names_menu"), icon=":material/sell:", key="card_names"):
        _menu(network)


def _menu(network: Network) -> None:
    names = detector_names.names_here()
    st.html(f'<div class="quiet">{words("call_help")} {words("names_kept")}</div>')
    if len(names) > (shown := to_link(names).count("~") + 1):
        st.html(f'<div class="quiet">{words("names_not_all", shown=shown, count=len(names))}</div>')
    st.download_button(
        words("save_name") if len(names) == 1 else words("save_names", count=len(names)),
        to_file(network.name, detector_names.whose(network), names), f"names-{network.name}.json", "application/json",
        key="save_names", icon=":material/download:", on_click="ignore", disabled=not names,
    )  # fmt: skip
    st.file_uploader(
        words("load_names"), type="json", accept_multiple_files=True, key=_FILES, max_upload_size=1,
        on_change=_load, args=(network,),
    )  # fmt: skip
    for said in st.session_state.pop(_TOLD, ()):
        st.markdown(as_text(said))


def _load(network: Network) -> None:
    """Add the names in the files, one file after the other, and say of each what came of it."""
    told = []
    for file in st.session_state.get(_FILES) or ():
        if isinstance(file, UploadedFile):  # others are no longer kept
            told.append(f"{file.name}: {_loaded(network, file.getvalue())}")
    st.session_state[_TOLD] = told


def _loaded(network: Network, data: bytes) -> str:
    try:
        names = from_file(data, detector_names.whose(network), detector_names.units_of(network))
    except NamesError as error:
        return str(error)
    if len({**names, **detector_names.names_here()}) > MOST:
        return words("names_full", most=MOST)
    new, differ = detector_names.add(names)
    return words("names_loaded", new=new, differ=differ)
