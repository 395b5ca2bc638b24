"""What the rules of recurrent networks take from the config: what they train on, digests, gestures."""

from soundworks.rnn.control.gestures import gesture_kinds, gesture_options
from soundworks.rnn.options import AFTERWARDS as RNN_AFTERWARDS

#: Folder of a network → what it is trained on whatever the config says.
RNNS = {"rnn": None, "rnn_grid": "grid", "rnn_linearized": "linearized"}


def get_rnn_training(wildcards):
    """Return what a network is trained on: rendered, grid or linearized."""
    section = get_experiment(wildcards.experiment).sections["rnn"]
    return RNNS[wildcards.get("rnn", "rnn")] or section["train_on"]


def get_rnn_table(wildcards):
    """Return the table of the sounds that a network is trained on."""
    kind = get_rnn_training(wildcards)
    folder = f"results/{wildcards.experiment}"
    return (
        f"{folder}/chunks.csv" if kind == "rendered" else f"{folder}/{kind}/chunks.csv"
    )


def get_rnn_sounds(wildcards):
    """Return what else that data set is: its sounds, and what tells of its parameters."""
    folder = os.path.dirname(get_rnn_table(wildcards))
    names = ["chunks"]
    if get_rnn_training(wildcards) == "rendered":
        names += ["dataset.yaml", "settings.csv"]
    return [f"{folder}/{name}" for name in names]


def get_rnn_digest(wildcards):
    """Return a digest of what a training depends on beside the data: the seed, and the options of the training."""
    experiment = get_experiment(wildcards.experiment)
    section = experiment.sections["rnn"]
    options = {
        key: value for key, value in section.items() if key not in RNN_AFTERWARDS
    }
    return digest([experiment.seed, options, get_rnn_training(wildcards)])


def get_gesture(wildcards):
    """Return a gesture of the config; raise an error in one sentence if it has none of that name."""
    experiment = get_experiment(wildcards.experiment)
    section, folder = experiment.sections["gestures"], experiment.path.parent
    try:
        return gesture_options(section, wildcards.gesture, folder, experiment.seed)
    except UserError as error:
        raise WorkflowError(str(experiment.error(error))) from None


def get_gesture_digest(wildcards):
    """Return a digest of what the config says of a gesture."""
    gesture = get_gesture(wildcards)
    section = get_experiment(wildcards.experiment).sections["gestures"]
    return digest([gesture.seed, section[gesture.name]])


def get_gesture_files(wildcards):
    """Return the files that a gesture is made from, arrays and a sound to begin with; none for most."""
    return [os.path.relpath(path) for path in get_gesture(wildcards).files]


def get_play_page_files():
    """Return the parts of the page that are not Python, and those that it shares with other pages."""
    folder = SCRIPTS / "soundworks" / "rnn" / "page" / "static"
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".c"]
    own = [os.path.relpath(path) for path in files if path.is_file()]
    return own + get_page_files()


def get_generated(name):
    """Return the sounds and folders of all gestures in an experiment's config."""
    kinds = gesture_kinds(get_experiment(name).sections["gestures"])
    return [
        f"results/{name}/generated/{gesture}" + (".wav" if kind == "file" else "")
        for gesture, kind in kinds.items()
    ]
