"""Azure Machine Learning as its wire shows it: a module for each noun, `contract.py`, and `data/`."""
