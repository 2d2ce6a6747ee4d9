"""The steps of Python services: wheels, modules and their bytecode."""
