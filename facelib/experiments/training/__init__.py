"""Training of the restoration network, which takes electrodes off."""
