"""What a head wears: glasses, masks, electrodes' leads, tape."""
