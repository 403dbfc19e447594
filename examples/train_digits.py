"""A network of fifteen hidden neurons learns to read digits: ``train_digits.py [EPOCHS]``."""

import sys

from explainer.digits import Settings, small_digits, train

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
data = small_digits()
for progress in train(data, Settings(hidden=(15,), epochs=epochs)):
    print(f"epoch {progress.position:.1f}: {progress.accuracy:.1%}")
print(f"{progress.accuracy:.1%} of {len(data.test_labels):,} digits that it never saw are read rightly")
