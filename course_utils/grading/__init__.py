"""Grading: one submission in, one schema-checked verdict out. `docs/grading.md` says what it protects from."""
