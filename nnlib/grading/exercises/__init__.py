"""The data of the exercises, one module per lab."""
