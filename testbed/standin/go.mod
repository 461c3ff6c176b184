module testbed/standin

go 1.26.0
