"""Clinical measures of both sides of a face from its landmarks: `frontal` places, `measures`, `tables`."""
