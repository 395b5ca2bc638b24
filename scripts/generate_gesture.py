"""Make the sound of a gesture with the recurrent network of an experiment, or the sounds of a sweep.

Inputs: the config, the folder of the network.
Output: a .wav file, with .npy and .json (curves), .png and .params beside it; for a sweep, a folder.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import UserError, sentences_for_users
from soundworks.rnn.control.generate import generate_gesture
from soundworks.rnn.control.gestures import gesture_options
from soundworks.rnn.trained import TrainedRnn
from soundworks.training.provenance import provenance

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--gesture", required=True, help="Name of the gesture in the config's section gestures.")
@click.option("--rnn", required=True, type=PATH, help="Folder of the network.")
@click.option("--output", required=True, type=PATH, help="Sound to make, a .wav file; for a sweep, a folder.")
def main(config: Path, gesture: str, rnn: Path, output: Path) -> None:
    """Make the sound of a gesture."""
    with sentences_for_users():
        experiment = load_experiment(config)
        network = TrainedRnn.load(rnn)
        try:
            section = experiment.sections["gestures"]
            wanted = gesture_options(section, gesture, config.parent, experiment.seed)
            generate_gesture(wanted, network, output, about={"provenance": provenance(experiment)})
        except UserError as error:
            raise experiment.error(error) from None


if __name__ == "__main__":
    main()
