"""Grids of sounds in a latent space: corners, interpolation, linearisation, and the page that plays them."""
