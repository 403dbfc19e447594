"""Benchmarks against peers. All compute as the app does, on one thread; see :mod:`explainer.threads`."""

from explainer.threads import one_thread_each

one_thread_each()
