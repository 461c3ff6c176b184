package main

import (
	"context"

	"github.com/juju/juju/caas"
	provider "github.com/juju/juju/caas/kubernetes"
	_ "github.com/juju/juju/domain/modelprovider/service" // has Juju's provider, which nothing outside Juju may import
	"github.com/juju/juju/environs"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// hurry has Juju ask as fast as it can, where it holds itself to five calls a second.
func hurry() {
	jujus := provider.NewK8sClients
	provider.NewK8sClients = func(config *rest.Config) (
		kubernetes.Interface, apiextensions.Interface, dynamic.Interface, error,
	) {
		config.QPS = -1
		return jujus(config)
	}
}

func broker(context context.Context, parameters environs.OpenParams) (caas.Broker, error) {
	return caas.New(context, parameters, environs.NoopCredentialInvalidator())
}
