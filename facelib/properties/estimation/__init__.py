"""Age and gender estimated from pictures, and the cut-outs that the estimators want."""
