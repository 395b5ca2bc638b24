"""What the rules of features depend on: their options and their shards."""

from soundworks.config.features import FEATURES, feature_options


def get_feature_digest(wildcards):
    """Return a digest of a feature's options, so that those of other features leave it alone."""
    experiment = get_experiment(wildcards.experiment)
    options = experiment.sections["features"][wildcards.feature]
    rate = experiment.dataset.sample_rate
    return digest(feature_options(wildcards.feature, rate, **options).to_dict())


def get_feature_shards(wildcards):
    """Return the folders of a feature's shards, in order; there are as many as the data set has."""
    names = shard_names(get_experiment(wildcards.experiment).dataset.n_shards)
    folder = f"results/{wildcards.experiment}/shards/features/{wildcards.feature}"
    return [f"{folder}/{name}" for name in names]
