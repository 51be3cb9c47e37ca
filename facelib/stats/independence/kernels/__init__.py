"""Gaussian kernels: tiles, factors, Fourier features, and what a conditioner leaves of them."""
