"""Somebody else's function: loaded, called, and kept from doing harm.

``call``      what a call is asked for, and what came of it
``signature`` which arguments a function takes, and which quantities it returns
``arrays``    what it is handed, and what comes back, as NumPy arrays
``derive``    the derivatives of a PyTorch or JAX function, by autodiff
``runner``    calls a function, and watches what it does to its arguments
``source``    finds a function by its name: ``FILE.py:FN``, ``pkg.module:fn``
``wire``, ``child``, ``isolated``  the same in a process of its own, under a time limit
"""
