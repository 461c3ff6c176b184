package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// resource is what pods ask for by one name.
type resource struct {
	name   string
	number int
}

// parse reads what the program was asked to announce.
func parse(arguments []string) ([]resource, error) {
	if len(arguments) == 0 {
		return nil, errors.New("name the resources to announce, such as nvidia.com/gpu=1")
	}
	found := make([]resource, 0, len(arguments))
	for _, argument := range arguments {
		name, text, _ := strings.Cut(argument, "=")
		number, err := strconv.Atoi(text)
		if _, kind, named := strings.Cut(name, "/"); !named || kind == "" || err != nil || number < 1 {
			return nil, fmt.Errorf("%q is no resource with a number, such as nvidia.com/gpu=1", argument)
		}
		found = append(found, resource{name, number})
	}
	return found, nil
}

// shared tells whether the devices are turns of one GPU: NVIDIA's plugin renames a resource whose GPUs it shares.
func (r resource) shared() bool {
	return strings.HasSuffix(r.name, ".shared")
}

// socket is the name of the file at which kubelet reaches the plugin of this resource.
func (r resource) socket() string {
	_, kind, _ := strings.Cut(r.name, "/")
	return "nvidia-" + kind + ".sock"
}

// devices are what kubelet hands out: one for each GPU or part of one, or for each turn of the same GPU.
func (r resource) devices() []*api.Device {
	_, kind, _ := strings.Cut(r.name, "/")
	prefix := "GPU-"
	if strings.HasPrefix(kind, "mig-") {
		prefix = "MIG-"
	}
	found := make([]*api.Device, r.number)
	for i := range found {
		id := fmt.Sprintf("%s%s-%d", prefix, kind, i)
		if r.shared() {
			id = fmt.Sprintf("%s%s-0::%d", prefix, kind, i)
		}
		found[i] = &api.Device{ID: id, Health: api.Healthy}
	}
	return found
}

// allocate answers how one container gets its devices. Who asks for two turns of a GPU would not get two GPUs, so the
// plugin refuses, as NVIDIA's does with failRequestsGreaterThanOne.
func (r resource) allocate(ids []string) (*api.ContainerAllocateResponse, error) {
	if r.shared() && len(ids) > 1 {
		return nil, fmt.Errorf("maximum request size for shared resources is 1; found %d of %s", len(ids), r.name)
	}
	visible := make([]string, len(ids))
	for i, id := range ids {
		visible[i], _, _ = strings.Cut(id, "::")
	}
	return &api.ContainerAllocateResponse{
		Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(visible, ",")},
	}, nil
}
