// Command provider does to one application in Kubernetes what Juju's controller does, with Juju's own code.
//
// It reads requests, a JSON object a line, and answers each with a line: `null`, or what went wrong.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/juju/juju/caas"
	"github.com/juju/juju/cloud"
	"github.com/juju/juju/environs"
	"github.com/juju/juju/environs/cloudspec"
	"github.com/juju/juju/environs/config"
)

// Model says where an application is: the API's address, the PEM text to check it with and a token, and what Juju knows
// the model and the controller by.
type Model struct {
	Server, Certificate, Token string
	Name, UUID, Controller     string
}

// Request is about one application. What is there is done, in the order of the fields.
type Request struct {
	Model       Model
	Application string
	Ensure      *caas.ApplicationConfig
	Ports       []caas.ServicePort
	Scale       *int
	Trust       *bool
	Delete      bool
}

func main() {
	hurry()
	requests, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	requests.DisallowUnknownFields()
	for {
		var request Request
		err := requests.Decode(&request)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "provider: a request cannot be read:", err)
			os.Exit(1)
		}
		var said any
		if err := do(request); err != nil {
			said = err.Error()
		}
		if err := answers.Encode(said); err != nil {
			os.Exit(1)
		}
	}
}

func do(request Request) error {
	broker, err := open(request.Model)
	if err != nil {
		return err
	}
	application := broker.Application(request.Application, caas.DeploymentStateful)
	if request.Ensure != nil {
		if err := application.Ensure(*request.Ensure); err != nil {
			return err
		}
	}
	if request.Ports != nil {
		if err := application.UpdatePorts(request.Ports, false); err != nil {
			return err
		}
	}
	if request.Scale != nil {
		if err := application.Scale(*request.Scale); err != nil {
			return err
		}
	}
	if request.Trust != nil {
		if err := application.Trust(*request.Trust); err != nil {
			return err
		}
	}
	if request.Delete {
		return application.Delete()
	}
	return nil
}

func open(model Model) (caas.Broker, error) {
	attributes := map[string]any{"name": model.Name, "uuid": model.UUID, "type": "kubernetes"}
	configuration, err := config.New(config.UseDefaults, attributes)
	if err != nil {
		return nil, err
	}
	credential := cloud.NewCredential(cloud.OAuth2AuthType, map[string]string{"Token": model.Token})
	return broker(context.Background(), environs.OpenParams{
		ControllerUUID: model.Controller,
		Config:         configuration,
		Cloud: cloudspec.CloudSpec{
			Type:           "kubernetes",
			Name:           "tests",
			Endpoint:       model.Server,
			Credential:     &credential,
			CACertificates: []string{model.Certificate},
		},
	})
}
