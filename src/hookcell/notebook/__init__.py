"""The notebook ring: what hookcell adds to IPython. The core works without it."""
