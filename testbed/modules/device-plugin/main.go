// Command device-plugin tells kubelet of GPUs that are not there, as the device plugin of NVIDIA's GPU operator does.
//
// Called as `device-plugin nvidia.com/gpu=2 nvidia.com/gpu.shared=4 nvidia.com/mig-1g.5gb=1`, it announces that many
// devices of each resource until it is ended. Containers that get one are told which, in NVIDIA_VISIBLE_DEVICES.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

func main() {
	folder := flag.String("folder", api.DevicePluginPath, "where kubelet listens for device plugins")
	flag.Parse()
	resources, err := parse(flag.Args())
	if err != nil {
		log.Print(err)
		os.Exit(2)
	}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	announce(ended, *folder, resources)
}
