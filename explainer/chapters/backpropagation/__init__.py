"""The chapter *Learning*: one training step taken apart, a training watched, settings searched."""
