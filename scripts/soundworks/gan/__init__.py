"""A generative adversarial network that makes sounds from latent vectors."""
