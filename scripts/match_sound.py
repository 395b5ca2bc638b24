"""Match one sound with a trained model of the synthesizer programmer.

Inputs: the config, dataset.yaml with the data set, its features and the model beside it, any sound file. Output: a
folder with patch.json, presets, match.wav, comparison.png and report.json.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.programmer.match import MatchRequest, match_sound
from soundworks.programmer.refine import RefineOptions

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--model", required=True, type=PATH, help="Folder of the trained model.")
@click.option("--sound", required=True, type=PATH, help="Sound to match.")
@click.option("--refine/--no-refine", default=True, help="Whether a search follows the prediction.")
@click.option("--output", required=True, type=PATH, help="Folder to make; its name is the preset's.")
def main(config: Path, dataset: Path, model: Path, sound: Path, refine: bool, output: Path) -> None:
    """Match one sound."""
    with sentences_for_users():
        experiment = load_experiment(config)
        options = RefineOptions.from_section(experiment.sections["programmer"]["refine"]) if refine else None
        match_sound(MatchRequest(experiment, dataset.parent, model, sound, output.name, options), output)


if __name__ == "__main__":
    main()
