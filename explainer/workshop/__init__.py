"""All work for which somebody would wait longer than a moment, and what comes of it.

Pages only look: they ask for a :class:`Job` and draw its latest state; the workshop's own threads
take the steps. Who asks for the same watches the same job. Results of every kind, finished jobs
among them, lie in one :class:`Store` with a budget in bytes.
"""

from explainer.workshop.bench import TURN, Workshop
from explainer.workshop.job import PATIENCE, Job, Status, Trouble
from explainer.workshop.memory import SHARE, few_arenas, few_kernels, give_back, roof
from explainer.workshop.store import Store, size_of

__all__ = [
    "PATIENCE",
    "TURN",
    "Job",
    "Status",
    "Store",
    "Trouble",
    "Workshop",
    "few_arenas",
    "few_kernels",
    "give_back",
    "once",
    "size_of",
    "store",
    "workshop",
]

# The one of this process.
store = Store(roof(), SHARE)
workshop = Workshop(store)
once = store.once
