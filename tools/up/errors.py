"""What `up` says when it cannot go on."""


class Refusal(Exception):
    """Something a person has to put right before a bundle can be deployed; the message says what and how."""
