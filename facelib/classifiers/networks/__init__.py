"""The networks of the classifiers, written out in torch; batch normalisation is folded into the convolutions.

Each network has a `body` (prepared pictures to the feature map that Grad-CAM reads) and a `head` (feature map
to logits).
"""
