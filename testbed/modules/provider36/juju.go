package main

import (
	"context"
	_ "unsafe" // allows go:linkname

	"github.com/juju/juju/caas"
	"github.com/juju/juju/environs"
	_ "github.com/juju/juju/secrets/provider/kubernetes" // has Juju's provider, which nothing outside Juju may import
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

//go:linkname clients github.com/juju/juju/internal/provider/kubernetes.NewK8sClients
var clients func(*rest.Config) (kubernetes.Interface, apiextensions.Interface, dynamic.Interface, error)

// hurry has Juju ask as fast as it can, where it holds itself to five calls a second.
func hurry() {
	jujus := clients
	clients = func(config *rest.Config) (
		kubernetes.Interface, apiextensions.Interface, dynamic.Interface, error,
	) {
		config.QPS = -1
		return jujus(config)
	}
}

func broker(context context.Context, parameters environs.OpenParams) (caas.Broker, error) {
	return caas.New(context, parameters)
}
