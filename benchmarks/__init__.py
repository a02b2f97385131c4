"""Vitrine measured beside other engines, over the same cards and questions; never part of an installation."""
