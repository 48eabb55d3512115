"""nnlib's speed beside PyTorch's and scikit-learn's: `python -m benchmarks` measures it again."""
