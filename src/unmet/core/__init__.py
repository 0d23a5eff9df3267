"""Records, table contracts, errors, configuration and run folders: what every stage shares."""
