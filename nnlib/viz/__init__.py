"""Figures and widgets that draw what the mathematics computes."""
