"""Where the programs meet in one process: set up, wrapped or broken on purpose for a check.

Imports the bootstrap modules of gateway and server and nothing else of them; nothing imports it.
Each module here is a program that the simulator starts.
"""
