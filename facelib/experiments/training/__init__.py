"""Training of the networks that ship with facelib.

`known_bias` trains those whose bias is known, and `dynamics` looks at them after every epoch; `restoration`
trains the network that takes electrodes off, on what `restoration_pairs` and `restoration_samples` draw.
"""
