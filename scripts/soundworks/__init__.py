"""The soundworks library: everything that can be right or wrong, tested without Snakemake."""

__version__ = "0.1.0"
