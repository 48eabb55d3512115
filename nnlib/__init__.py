"""nnlib: every algorithm of a deep-learning course in readable NumPy."""
