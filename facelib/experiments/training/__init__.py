"""Training of the networks whose bias is known; `dynamics` looks at them after every epoch."""
