"""Changes that users bring: prototypes, edited pictures, functions of other programs."""
