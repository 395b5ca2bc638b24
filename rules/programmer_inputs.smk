"""What the rules of the programmer take from the config: files, digests and options."""

from soundworks.programmer.options import MODELS, model_options


def get_model_options(wildcards):
    """Return the options of a model."""
    experiment = get_experiment(wildcards.experiment)
    return model_options(wildcards.model, experiment.sections["programmer"])


def get_model_digest(wildcards):
    """Return a digest of a model's options and the seed, so that those of other models leave it alone."""
    experiment = get_experiment(wildcards.experiment)
    return digest([experiment.seed, get_model_options(wildcards).to_dict()])


def get_model_feature(wildcards):
    """Return the folder of the feature that a model hears."""
    return f"results/{wildcards.experiment}/features/{get_model_options(wildcards).feature}"


def get_programmer_section(wildcards):
    """Return the config's section of the programmer, defaults filled in."""
    return get_experiment(wildcards.experiment).sections["programmer"]


def get_learned(wildcards, models, is_near):
    """Return the folders of some models, of the features that they hear, and of that by which sounds are near."""
    section = get_programmer_section(wildcards)
    features = {model_options(model, section).feature for model in models}
    features |= {section["refine"]["feature"]} if is_near else set()
    root = f"results/{wildcards.experiment}"
    return [
        *(f"{root}/programmer/{model}" for model in models),
        *(f"{root}/features/{feature}" for feature in sorted(features)),
    ]


def get_evaluated(wildcards):
    """Return the folders of the models that are compared, and of all features that the comparison needs."""
    models = get_programmer_section(wildcards)["evaluate"]["models"]
    return get_learned(wildcards, models, is_near=True)


def get_predictor(wildcards):
    """Return the folder of the model that matches sounds, and of the features that it and the search need."""
    section = get_programmer_section(wildcards)
    is_near = section["predict"]["refine"] and section["refine"]["nearest"] > 0
    return get_learned(wildcards, [section["predict"]["model"]], is_near)


def get_sound_path(wildcards, file):
    """Return a sound file that the config names, from where Snakemake runs."""
    config = get_experiment(wildcards.experiment).path
    return os.path.normpath(config.parent / file)


def get_evaluated_sounds(wildcards):
    """Return the sounds from elsewhere that the comparison has as targets."""
    section = get_programmer_section(wildcards)
    return [get_sound_path(wildcards, file) for file in section["evaluate"]["sounds"]]


def get_matched_sound(wildcards):
    """Return the sound of a target to match."""
    sounds = get_programmer_section(wildcards)["match"]
    return get_sound_path(wildcards, sounds[wildcards.target])


def check_matched(arguments):
    """Raise an error in one sentence if a match is asked for on the command line whose sound no config names."""
    for argument in arguments:
        parts = argument.removeprefix("./").split("/")
        if parts[0] == "results" and parts[2:3] == ["matched"] and len(parts) > 3:
            experiment = get_experiment(parts[1])
            sounds = experiment.sections["programmer"]["match"]
            if parts[3] not in sounds:
                known = ", ".join(sorted(sounds)) or "none"
                raise WorkflowError(
                    f"{experiment.path}: programmer.match: found no sound {parts[3]!r}, expected one of: {known}"
                )


check_matched(sys.argv[1:])


def get_refine_option(wildcards):
    """Return whether a search follows a prediction, as an option."""
    section = get_programmer_section(wildcards)
    return "--refine" if section["predict"]["refine"] else "--no-refine"
