"""The values every room speaks: frozen, slotted, keyword-only; they touch no world.

Import the submodules: a name taken from here would cost every start the whole model.
"""
