"""Slot templates: every record of a product space, by its number."""

from .space import TemplateSpace, compile_templates

__all__ = ["TemplateSpace", "compile_templates"]
