"""The network around the pod."""
