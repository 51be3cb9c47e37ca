"""The page's server: Voila with its holes closed, its kernels, its doors."""
