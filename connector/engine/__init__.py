"""Who runs the work: threads in one worker process beside the web process."""
