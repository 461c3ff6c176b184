package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// kubelet is the half of it that plugins register with.
type kubelet struct {
	api.UnimplementedRegistrationServer
	registered chan *api.RegisterRequest
}

func (k *kubelet) Register(_ context.Context, request *api.RegisterRequest) (*api.Empty, error) {
	k.registered <- request
	return &api.Empty{}, nil
}

// start listens as kubelet does, after it has removed whatever is in its folder.
func start(t *testing.T, folder string) (*kubelet, *grpc.Server) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*.sock"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		os.Remove(path)
	}
	listener, err := net.Listen("unix", filepath.Join(folder, "kubelet.sock"))
	if err != nil {
		t.Fatal(err)
	}
	server, fake := grpc.NewServer(), &kubelet{registered: make(chan *api.RegisterRequest, 10)}
	api.RegisterRegistrationServer(server, fake)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return fake, server
}

// run announces the resources until the test ends.
func run(t *testing.T, folder string, arguments ...string) {
	t.Helper()
	resources, err := parse(arguments)
	if err != nil {
		t.Fatal(err)
	}
	ended, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		announce(ended, folder, resources)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

func (k *kubelet) next(t *testing.T) *api.RegisterRequest {
	t.Helper()
	select {
	case request := <-k.registered:
		return request
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was registered")
		return nil
	}
}

func client(t *testing.T, folder, endpoint string) api.DevicePluginClient {
	t.Helper()
	connection, err := grpc.NewClient(
		"unix:"+filepath.Join(folder, endpoint), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return api.NewDevicePluginClient(connection)
}

func listed(t *testing.T, plugin api.DevicePluginClient) []string {
	t.Helper()
	stream, err := plugin.ListAndWatch(t.Context(), &api.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, device := range answer.Devices {
		if device.Health != api.Healthy {
			t.Errorf("%s is %s", device.ID, device.Health)
		}
		ids = append(ids, device.ID)
	}
	return ids
}

func TestKubeletIsToldOfEachResourceAndItsDevices(t *testing.T) {
	folder := t.TempDir()
	fake, _ := start(t, folder)
	run(t, folder, "nvidia.com/gpu=2", "nvidia.com/mig-1g.5gb=1", "nvidia.com/gpu.shared=2")
	want := map[string][]string{
		"nvidia.com/gpu":        {"GPU-gpu-0", "GPU-gpu-1"},
		"nvidia.com/mig-1g.5gb": {"MIG-mig-1g.5gb-0"},
		"nvidia.com/gpu.shared": {"GPU-gpu.shared-0::0", "GPU-gpu.shared-0::1"},
	}
	for range want {
		request := fake.next(t)
		if request.Version != api.Version {
			t.Errorf("version %s", request.Version)
		}
		if found := listed(t, client(t, folder, request.Endpoint)); !slices.Equal(found, want[request.ResourceName]) {
			t.Errorf("%s: %v, not %v", request.ResourceName, found, want[request.ResourceName])
		}
	}
}

func TestAKubeletThatWasStartedAgainIsToldAnew(t *testing.T) {
	folder := t.TempDir()
	first, server := start(t, folder)
	run(t, folder, "nvidia.com/gpu=1")
	first.next(t)
	server.Stop()
	second, _ := start(t, folder)
	request := second.next(t)
	if found := listed(t, client(t, folder, request.Endpoint)); len(found) != 1 {
		t.Errorf("%v", found)
	}
}

func TestAContainerIsToldWhichDevicesItHas(t *testing.T) {
	answer, err := resource{"nvidia.com/gpu", 2}.allocate([]string{"GPU-gpu-1", "GPU-gpu-0"})
	if err != nil || answer.Envs["NVIDIA_VISIBLE_DEVICES"] != "GPU-gpu-1,GPU-gpu-0" {
		t.Errorf("%v %v", answer, err)
	}
	answer, err = resource{"nvidia.com/gpu.shared", 2}.allocate([]string{"GPU-gpu.shared-0::1"})
	if err != nil || answer.Envs["NVIDIA_VISIBLE_DEVICES"] != "GPU-gpu.shared-0" {
		t.Errorf("%v %v", answer, err)
	}
}

func TestTwoTurnsOfOneGPUAreRefused(t *testing.T) {
	_, err := resource{"nvidia.com/gpu.shared", 2}.allocate([]string{"a::0", "a::1"})
	if err == nil || !strings.Contains(err.Error(), "maximum request size for shared resources is 1; found 2") {
		t.Error(err)
	}
}

func TestWhatIsNoResourceWithANumberIsRefused(t *testing.T) {
	for _, argument := range []string{"nvidia.com/gpu", "nvidia.com/gpu=0", "nvidia.com/gpu=many", "gpu=1", "nvidia.com/=1"} {
		if _, err := parse([]string{argument}); err == nil || !strings.Contains(err.Error(), argument) {
			t.Errorf("%s: %v", argument, err)
		}
	}
	if _, err := parse(nil); err == nil {
		t.Error("nothing is announced")
	}
}
