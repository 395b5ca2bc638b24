"""A recurrent network that makes sound sample by sample and follows parameters: training, streaming, control, page."""
