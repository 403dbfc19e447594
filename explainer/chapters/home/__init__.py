"""The chapter *Start*: the picture, its frame, and the first guesses."""
