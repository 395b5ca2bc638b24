"""What all stages share: the experiments, their configs, and the code that a rule depends on."""

import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "scripts"
EXPERIMENTS_DIR = Path("config/experiments")
sys.path.insert(0, str(SCRIPTS))

from soundworks.code import code_files, synth_code_files
from soundworks.config.experiment import (
    digest,
    experiment_path,
    find_experiments,
    load_experiment,
    write_config,
)
from soundworks.config.sections import check_sections
from soundworks.dataset.define import define_dataset, source_files, source_modules
from soundworks.dataset.shards import shard_names
from soundworks.errors import UserError, describe_os_error

EXPERIMENTS = sorted(find_experiments(EXPERIMENTS_DIR))


wildcard_constraints:
    experiment="|".join(map(re.escape, EXPERIMENTS)),
    shard=r"\d+-of-\d+",


@cache
def get_experiment(name):
    """Return an experiment, checked against its schema and its synth; a mistake in it is one sentence."""
    try:
        experiment = load_experiment(experiment_path(name, EXPERIMENTS_DIR))
        check_sections(experiment, define_dataset(experiment).config.names)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    return experiment


def requested_experiments(arguments):
    """Return the experiments of the results that are asked for on the command line."""
    parts = [argument.removeprefix("./").split("/") for argument in arguments]
    return {
        part[1]
        for part in parts
        if part[0] == "results" and len(part) > 2 and part[1] != "figures"
    }


REQUESTED = sorted(requested_experiments(sys.argv[1:]))

# Checked here, before any job is planned, so that a mistake is told in one sentence.
for name in REQUESTED:
    get_experiment(name)


# The whole config goes beside the results of every run. It is nobody's input: a stage depends on its own section, and
# a job behind an ancient() input would no longer be asked whether its own parameters have changed.
onstart:
    try:
        for name in REQUESTED:
            write_config(get_experiment(name), Path(f"results/{name}/config.yaml"))
    except OSError as error:
        raise WorkflowError(describe_os_error(error)) from None


def code(script, *modules):
    """Return a script and every module of the library that it reaches, so that an edit reruns what depends on it."""
    return [
        os.path.relpath(path) for path in code_files(SCRIPTS / f"{script}.py", *modules)
    ]


def get_dataset_digest(wildcards):
    """Return a digest of what the data set depends on, so that other sections of the config leave it alone."""
    return digest(get_experiment(wildcards.experiment).dataset_content())


def get_keys_digest(section, *keys):
    """Return an input function: a digest of the seed and of some keys of a section of the config; of all by default."""

    def keys_digest(wildcards):
        experiment = get_experiment(wildcards.experiment)
        content = experiment.sections[section]
        chosen = {key: content[key] for key in keys} if keys else content
        return digest([experiment.seed, chosen])

    return keys_digest


def get_config_digest(wildcards):
    """Return a digest of the whole config."""
    return digest(get_experiment(wildcards.experiment).sections)


def get_config_path(wildcards):
    """Return the config file of the experiment."""
    return str(get_experiment(wildcards.experiment).path)


def get_synth_files(wildcards):
    """Return the files that the user's own synth depends on; none for a registered one."""
    path = get_experiment(wildcards.experiment).synth_path
    return (
        []
        if path is None
        else [os.path.relpath(file) for file in synth_code_files(path)]
    )


def get_presets(wildcards):
    """Return the preset files that the experiment's patches come from; none for most."""
    return [
        os.path.relpath(path)
        for path in source_files(get_experiment(wildcards.experiment))
    ]


def get_source_env(wildcards):
    """Return the environment that renders the experiment: synthesizer engines have one of their own."""
    source = get_experiment(wildcards.experiment).dataset.source
    return f"../envs/{'engines' if source == 'plugin' else 'dataset'}.yaml"


def get_synth_option(wildcards):
    """Return the option that names the user's own synth; nothing for a registered one."""
    path = get_experiment(wildcards.experiment).synth_path
    return f"--synth-path {shlex.quote(str(path))}" if path else ""


def get_source_code(script):
    """Return an input function: the script's code, and that of the experiment's synth."""

    def source_code(wildcards):
        return code(script, *source_modules(get_experiment(wildcards.experiment)))

    return source_code


def get_shards(wildcards):
    """Return the folders of all rendered shards, in order."""
    names = shard_names(get_experiment(wildcards.experiment).dataset.n_shards)
    return [f"results/{wildcards.experiment}/shards/{name}" for name in names]


def get_format_options(wildcards):
    """Return the options that name the record formats."""
    return " ".join(
        f"--format {name}"
        for name in get_experiment(wildcards.experiment).dataset.records
    )


def get_tfrecord_shard_mib(wildcards):
    """Return the size of a TFRecord shard in MiB of 16-bit audio."""
    return get_experiment(wildcards.experiment).dataset.tfrecord_shard_mib


def get_tfrecords(wildcards):
    """Return the folder of TFRecord shards if the config lists that format."""
    formats = get_experiment(wildcards.experiment).dataset.records
    return (
        f"results/{wildcards.experiment}/shards/tfrecords"
        if "tfrecords" in formats
        else []
    )
