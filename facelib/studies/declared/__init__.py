"""Studies declared in a file, and what is registered before a run.

`yaml_lines` reads a file with its line numbers, `declaration` makes a study of it; `values` has the keys
and what may stand in them, `faces` those of faces, `places` where a key belongs, `designs` the experiments
that are asked for by name. `hypothesis` and `registration` write down what is to be confirmed.
"""
