"""Who asks: the workshop and its store are told whose page it is, and whether that page is still open."""

from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explainer.workshop import store, workshop


def visitor() -> str:
    """This page's session; empty outside a page."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def introduce() -> None:
    """Once: who asks is known by the page's session from now on."""
    store.visitors = lambda: workshop.visitors() or tuple(filter(None, [visitor()]))
    workshop.is_here = _is_here


def _is_here(session: str) -> bool:
    return not exists() or get_instance().is_active_session(session)


introduce()
