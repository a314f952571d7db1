"""Pages of the supervision side: the log, for whoever checks it, and the board, for supervisors."""
