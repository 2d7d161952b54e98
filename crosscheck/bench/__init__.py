"""The reference, PyTorch and JAX on equal cores: what is timed, in which turns, and whether it was right.

Nothing is imported here: a process that times must be pinned to its cores before NumPy is.
"""
