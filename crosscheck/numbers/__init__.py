"""The arithmetics in which an equation is read: Ball, Taylor, Symbol, Rounded.

Import them from their modules: ``symbol`` needs SymPy, which only the proofs use.
"""
