"""One module per command: ``run(words)`` parses what follows the command, and returns the exit status."""
