"""The mathematics of softmax networks, derived by hand, in NumPy alone.

``equations``    every equation of the assignment, literally
``derivations``  the assignment's proofs, line by line, and its errata
``sigmoid``, ``softmax``, ``cross_entropy``, ``two_layer``  an accurate implementation
"""
