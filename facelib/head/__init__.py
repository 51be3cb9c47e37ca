"""The parametric head: who is shown, doing what, seen how."""
