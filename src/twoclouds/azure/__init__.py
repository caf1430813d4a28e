"""Azure Machine Learning as its wire shows it: a package for each noun, `contract.py`, and `data/`."""
