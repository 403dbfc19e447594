"""For learning and teaching with the chapters: their terms, exercises and quizzes, routes through them, handouts."""
