"""From a config file to a checked, typed experiment: `soundworks.config.experiment.load_experiment`."""
