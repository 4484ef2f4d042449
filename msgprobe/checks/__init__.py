"""One conversation with one service, as steps: the plug-in door. Judges nothing."""
