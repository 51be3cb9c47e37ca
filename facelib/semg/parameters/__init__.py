"""Parameters of faces that other tools give: their columns, their groups, their files."""
