"""How many threads PyTorch computes on is decided when the process starts, for every thread that follows, for good."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from explainer.digits.files import load_training

ROOT = Path(__file__).resolve().parents[1]
MEASURED = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
import torch
from explainer.threads import one_thread_each
from explainer.digits import small_digits, train
torch.set_num_threads(4)  # as on a machine with four cores

def count(_=None):
    return torch.ones(100, 100).mm(torch.ones(100, 100)).isfinite().all().item() and torch.get_num_threads()

Thread(target=one_thread_each).start()  # as the server does, in a thread of its own
while torch.get_num_threads() and ThreadPoolExecutor(1).submit(count).result() != 1:
    pass
data, both = small_digits(), Barrier(2)

def training(seed):
    steps = train(data, hidden=4, seed=seed)
    next(steps)
    both.wait()  # two trainings that overlap
    return next(steps).cost, count()

with ThreadPoolExecutor(2) as pool:
    assert [threads for _, threads in pool.map(training, range(2))] == [1, 1]
with ThreadPoolExecutor(3) as pool:
    print(list(pool.map(count, range(3))))
"""


def test_every_thread_that_starts_later_computes_alone():
    answer = subprocess.run([sys.executable, "-c", MEASURED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.stdout.split() == ["[1,", "1,", "1]"], answer.stderr


TRAINING = """
import sys, torch
torch.set_num_threads(int(sys.argv[1]))
from explainer.commands import main
main(["digits", "train", "--hidden", "8", "--epochs", "1", "--data", "small", "-o", sys.argv[2]])
"""


def test_a_seed_gives_the_same_numbers_on_any_number_of_cores(tmp_path):
    for cores in (1, 4):
        file = tmp_path / f"{cores}.safetensors"
        subprocess.run([sys.executable, "-c", TRAINING, str(cores), file], cwd=ROOT, check=True, timeout=120)
    one, four = (load_training((tmp_path / f"{cores}.safetensors").read_bytes()).network for cores in (1, 4))
    for ours, theirs in zip((*one.weights, *one.biases), (*four.weights, *four.biases), strict=True):
        assert ours.equal(theirs)


# Processes that nobody visits decide for themselves: the trainer, and each worker of a cluster.
OF_THEIR_OWN = ("explainer/threads.py", "explainer/training/", "explainer/corpus/cluster.py")


@pytest.mark.parametrize(
    "setting", ["set_num_threads", "set_num_interop_threads", "set_default_d", "set_flush_denormal"]
)
def test_nothing_that_holds_for_the_whole_process_is_changed_while_it_serves(setting):
    files = [*ROOT.glob("explainer/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]
    found = [
        str(file.relative_to(ROOT)) for file in files if re.search(rf"torch\.\S*\b{setting}", file.read_text("utf-8"))
    ]
    assert [name for name in found if not name.startswith(OF_THEIR_OWN)] == []
