"""The accuracies the chapters speak of, on all 10,000 test digits. Needs MNIST beside the repository."""

from dataclasses import replace

from explainer.digits.training import PRESETS, Training


def first_epoch_with(data, settings, wanted):
    """Accuracies after each epoch, up to the first that reaches what is wanted."""
    training, reached = Training.start(settings), []
    for progress in training.run(data, every=2_000):
        if progress.position and progress.position % 1 == 0:
            reached.append(progress.accuracy)
            if reached[-1] >= wanted:
                break
    return reached


def test_74_lines_pass_95_percent(full):
    settings = PRESETS["74 lines"]
    assert (settings.hidden, settings.rate, settings.batch, settings.cost) == ((30,), 3.0, 10, "quadratic")
    assert (settings.initial, settings.regularisation, settings.decay) == ("gaussian", 0, 1)
    reached = first_epoch_with(full, settings, 0.95)
    assert reached[-1] >= 0.95, reached


def test_refined_passes_98_percent(full):
    settings = PRESETS["refined"]
    assert settings.cost == "cross-entropy" and settings.initial == "scaled" and len(settings.hidden) == 1
    reached = first_epoch_with(full, settings, 0.98)
    assert reached[-1] >= 0.98, reached


def test_fifteen_hidden_neurons_pass_90_percent_in_three_epochs(full):
    settings = replace(PRESETS["74 lines"], hidden=(15,), epochs=3, seed=0)
    reached = first_epoch_with(full, settings, 0.90)
    assert reached[-1] >= 0.90, reached
