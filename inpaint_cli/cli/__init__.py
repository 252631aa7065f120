"""Commands, one file each; parses options once into frozen dataclasses, turns errors into exit codes."""
