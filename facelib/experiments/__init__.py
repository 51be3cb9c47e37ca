"""What the papers did, rebuilt: asymmetry, properties, electrodes, known truth, behaviour."""
