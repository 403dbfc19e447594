from dataclasses import replace

import numpy as np
import pytest
import torch

from explainer.training import upper
from explainer.training.export import plain_network
from explainer.training.lots import Lots
from explainer.training.normalised import NormalisedAlexNet, folded
from explainer.training.upper import Kept, Plan
from explainer.training.views import render

PLAN = Plan(views=40, size=227, teacher=67, times=30, batch=16, rate=2e-3, warm_up=2, drop=0.0, average=0.5)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(2)
    return folded(NormalisedAlexNet(fc6=64, fc7=48).eval())


def copy_of(network):
    return plain_network({name: value.clone() for name, value in network.plain_state().items()})


def test_what_is_kept_is_what_network_and_teacher_make_of_the_views(network, store, teacher):
    pictures = store.training[:40]  # more than are asked about at once
    lots = Lots.plain(pictures, np.tile(np.float32([0.1, 0.1, 0.8, 0.8]), (40, 1)))
    kept = upper.keep(network, teacher, store, lots, PLAN, threads=2)
    views = render(store, lots, PLAN.size)
    with torch.no_grad():
        expected = network(views)
        ours = upper.upper_of(copy_of(network), 0.0).eval()(kept.features.float())
    torch.testing.assert_close(ours, expected, atol=2e-2, rtol=2e-2)  # kept in half precision
    torch.testing.assert_close(kept.logits.float(), teacher(views, PLAN.teacher).logits, atol=5e-3, rtol=5e-3)
    assert kept.labels.tolist() == store.categories[pictures].tolist()


def random_views(network, count: int = 40) -> Kept:
    """Features of noise, and a teacher who names the larger of two halves."""
    torch.manual_seed(3)
    features = torch.rand(count, 9216)
    features[: count // 2, :4608] = 0
    features[count // 2 :, 4608:] = 0
    logits = torch.zeros(count, 1000)
    logits[: count // 2, 7] = 9
    logits[count // 2 :, 8] = 9
    return Kept(features.half(), logits.half(), torch.full((count,), -1))


def test_studying_brings_the_student_to_the_teacher_and_leaves_the_convolutions(network):
    pupil, kept = copy_of(network), random_views(network)
    before = {name: value.clone() for name, value in pupil.plain_state().items()}
    same, apart = upper.agreement(pupil, kept)
    losses = list(upper.study(pupil, kept, PLAN, half=False))
    assert len(losses) == PLAN.steps == 75
    after, closer = upper.agreement(pupil, kept)
    assert same < 60 and after > 90 and closer < apart / 4
    for name, value in pupil.plain_state().items():
        assert torch.equal(value, before[name]) == name.startswith("conv"), name
    assert not pupil.training and not any(value.requires_grad for value in pupil.parameters())


def test_the_loss_is_the_textbooks(network):
    pupil, kept = copy_of(network), random_views(network, 16)
    labels = kept.labels.clone()
    labels[3] = 5
    kept = Kept(kept.features, kept.logits, labels)
    plan = replace(PLAN, temperature=3.0, label=0.25, views=16)
    logits = pupil.fc8(pupil.fc7(pupil.fc6(kept.features.float())))
    p, q = (kept.logits.float() / 3).softmax(1), (logits / 3).softmax(1)
    verdict = 9 * (p * (p.log() - q.log())).sum(1).mean()
    label = -logits.log_softmax(1)[3, 5] / 16
    loss = next(upper.study(pupil, kept, plan, half=False))
    assert loss == pytest.approx((0.75 * verdict + 0.25 * label).item(), rel=1e-4)


def test_agreement_by_hand(network):
    kept = random_views(network, 8)
    logits = network.fc8(network.fc7(network.fc6(kept.features.float())))
    own = Kept(kept.features, logits.half(), kept.labels)
    same, apart = upper.agreement(copy_of(network), own)
    assert same == 100 and apart == pytest.approx(0, abs=1e-3)


def test_kept_views_survive_the_disk_and_are_joined(network, tmp_path):
    kept = random_views(network, 6)
    kept.save(tmp_path / "deep" / "0.pt")
    twice = Kept.joined([Kept.load(tmp_path / "deep" / "0.pt"), kept])
    assert torch.equal(twice.features, kept.features.repeat(2, 1)) and len(twice.labels) == 12
