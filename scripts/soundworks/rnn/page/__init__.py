"""The page that runs a trained network live in a browser, in WebAssembly."""
