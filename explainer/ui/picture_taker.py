"""Ways to give the app a picture: dropped on a page, pasted, chosen from the files, photographed."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from explainer.errors import ExplainerError
from explainer.pictures import FORMATS, MAX_BYTES, open_picture
from explainer.ui import state
from explainer.ui.components import component

UPLOADER = "picture_uploader"  # where the hidden uploader stands on the page
_NAMES = list(dict.fromkeys(FORMATS.values()))
_ABOUT = {
    "types": sorted(FORMATS),
    "formats": f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}",
    "most": MAX_BYTES,
    "uploader": UPLOADER,
}


def take_pictures_everywhere() -> None:
    """Let this page take what is dropped on it or pasted, and say what became of it."""
    with st.container(key="picture_taker"):
        with st.container(key=UPLOADER):
            st.file_uploader(
                "Your own picture",
                type=sorted(FORMATS),
                key="uploaded",
                max_upload_size=MAX_BYTES // 2**20,
                on_change=take,
                args=("uploaded",),
            )
        attempts, complaint = st.session_state.get("picture_attempts", (0, ""))
        data = {**_ABOUT, "version": attempts, "complaint": complaint}
        component("picture_taker")(key="taking_pictures", data=data, height=1)


def picture_buttons(key: str, narrow: bool = False) -> None:
    """Buttons that ask for a picture: from the files, and where there is a touch screen by its camera.

    narrow: whether what else can be done stands in a line of its own.
    """
    component("picture_taker")(key=key, data={**_ABOUT, "buttons": True, "narrow": narrow})


def camera(key: str) -> None:
    """The camera of this machine, for one photograph."""
    st.camera_input("Camera", key=key, on_change=take, args=(key,), label_visibility="collapsed", resolution="720p")


def take(widget: str) -> None:
    """Make an uploaded file or a camera's shot the current picture, or keep the last and say why."""
    file = st.session_state.get(widget)
    if not isinstance(file, UploadedFile):  # none, or one that is no longer kept for this visitor
        return
    attempts, _ = st.session_state.get("picture_attempts", (0, ""))
    complaint = ""
    try:
        st.session_state["own_picture"] = open_picture(file.getvalue(), name=file.name)
        st.session_state["picture"] = state.OWN
        state.choose_square(None)
    except ExplainerError as error:
        complaint = str(error)
    st.session_state["picture_attempts"] = attempts + 1, complaint
