"""From a head to a picture: scene, light, materials, pixels."""
