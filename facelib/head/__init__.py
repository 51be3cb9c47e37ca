"""The parametric head: identity, expression, accessories, view and light, and its renderer."""
