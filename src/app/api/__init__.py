"""The Python API: datasets built from a program."""
