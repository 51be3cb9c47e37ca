"""What all rooms use and none of them owns: files, checks of arguments, wording, registries."""
