"""Pages that play sounds in a browser: grids, data sets, and the audition of random ones."""
