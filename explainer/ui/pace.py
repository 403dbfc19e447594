"""How soon a part of a page is asked for again: often while its work is at hand, seldom in line or in a crowd."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, enqueue_message

from explainer.workshop import TURN, Job, workshop

SOONEST_IN_LINE, LATEST_IN_LINE = 1.0, 4.0  # seconds; the latest well below the patience of the workshop
CROWD = 0.04  # seconds more for each who watches: drawing for all of them takes the same share of a processor


def pace(job: Job, tick: float) -> float:
    """Seconds to the next look at a job.

    Args:
        tick: while a worker has it, and nobody else watches anything.
    """
    crowd = CROWD * workshop.watching()
    if not job.place:
        return round(max(tick, crowd), 2)
    turn_comes = job.place * TURN / workshop.workers
    return round(min(max(SOONEST_IN_LINE, tick, crowd, turn_comes / 2), LATEST_IN_LINE), 2)


def ask_again_in(seconds: float) -> None:
    """This fragment is asked for again at this pace from now on: Streamlit would change it only with the whole page."""
    message = ForwardMsg()
    message.auto_rerun.interval, message.auto_rerun.fragment_id = seconds, ThreadState.get().fragment_id
    enqueue_message(message)
