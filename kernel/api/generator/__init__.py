"""Reads the API specification and writes what the kernel, the linker and the reader need of it."""
