"""Data sets that come inside installed packages: arrays in, provenance and licence beside them."""
