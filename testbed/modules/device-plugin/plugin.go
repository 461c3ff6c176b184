package main

import (
	"context"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// pause is how often kubelet's socket is looked at: a new one is another kubelet's, which knows no plugins.
const pause = time.Second

// plugin answers kubelet for one resource.
type plugin struct {
	api.UnimplementedDevicePluginServer
	resource resource
	ended    <-chan struct{}
}

func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch says once which devices there are: nothing ever happens to them.
func (p *plugin) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	if err := stream.Send(&api.ListAndWatchResponse{Devices: p.resource.devices()}); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-stream.Context().Done():
	}
	return nil
}

func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	answer := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		allocated, err := p.resource.allocate(container.DevicesIds)
		if err != nil {
			return nil, err
		}
		answer.ContainerResponses = append(answer.ContainerResponses, allocated)
	}
	return answer, nil
}

// announce tells every kubelet that listens in the folder, one after the other, of the resources until it is to end.
func announce(ended context.Context, folder string, resources []resource) {
	kubelet := filepath.Join(folder, filepath.Base(api.KubeletSocket))
	for ended.Err() == nil {
		known, err := os.Stat(kubelet)
		if err == nil {
			until, stop := context.WithCancel(ended)
			err = serve(until, folder, kubelet, resources)
			for err == nil && same(kubelet, known) && wait(ended) {
			}
			stop()
		}
		if err != nil {
			log.Print("kubelet cannot be told yet: ", err)
			wait(ended)
		}
	}
}

// serve listens for all resources and registers them; what was begun ends with the context.
func serve(until context.Context, folder, kubelet string, resources []resource) error {
	connection, err := grpc.NewClient("unix:"+kubelet, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	for _, resource := range resources {
		if err := listen(until, filepath.Join(folder, resource.socket()), resource); err != nil {
			return err
		}
		asked, cancel := context.WithTimeout(until, 5*time.Second)
		_, err := api.NewRegistrationClient(connection).Register(asked, &api.RegisterRequest{
			Version:      api.Version,
			Endpoint:     resource.socket(),
			ResourceName: resource.name,
			Options:      &api.DevicePluginOptions{},
		})
		cancel()
		if err != nil {
			return err
		}
		log.Printf("announced %d of %s", resource.number, resource.name)
	}
	return nil
}

// listen answers kubelet for one resource until the context ends.
func listen(until context.Context, socket string, resource resource) error {
	os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, &plugin{resource: resource, ended: until.Done()})
	go server.Serve(listener)
	context.AfterFunc(until, server.Stop)
	return nil
}

// same tells whether a file is still the one that was seen.
func same(path string, seen os.FileInfo) bool {
	found, err := os.Stat(path)
	return err == nil && os.SameFile(found, seen) && found.ModTime().Equal(seen.ModTime())
}

// wait returns after a pause whether to go on.
func wait(ended context.Context) bool {
	select {
	case <-ended.Done():
		return false
	case <-time.After(pause):
		return true
	}
}
