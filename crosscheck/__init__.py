"""A correctness oracle for softmax networks."""
