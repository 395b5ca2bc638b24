"""The commands of the command line, a module a stage; `soundworks.cli` lists them."""
