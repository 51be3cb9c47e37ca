"""Effects over faces: the identity is the unit, one interval gives the verdict, margins are set before."""
