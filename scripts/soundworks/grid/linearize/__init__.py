"""Moving a grid's points through the latent space until neighbours sound equally far apart."""
