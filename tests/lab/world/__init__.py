"""The simulated Internet's servers: one process that answers on every address of the catalogue.

Its configuration is a `config.WorldConfig`. Run as ``python -m tests.lab.world CONFIG.json`` inside
the world's namespace, where every address is local; it prints ``ready`` when all listeners are up
and ends on SIGTERM. What the messengers' servers say follows the facts about the real ones.
"""
