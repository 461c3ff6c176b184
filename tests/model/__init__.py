"""Whole bundles without Juju: every charm's real code, Juju's rules between them, and a real kube-apiserver.

A `World` is one model. Whatever may happen next is a `Step`; a schedule chooses one, by chance or from a list, and the
world carries it out by Juju's and Kubernetes' rules. Nothing here knows a charm: what is particular to one is in its
folder, and what looks particular here is what Juju or Kubernetes do.
"""
