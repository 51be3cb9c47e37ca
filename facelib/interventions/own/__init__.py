"""User-defined interventions: prototypes, edited pictures, functions of other programs."""
