// The module as the proxy serves it has this file for other systems only.

package osspecific

import (
	"os"
	"syscall"

	"github.com/argoproj/argo-workflows/v3/util/errors"
)

// Term asks a process to end.
var Term = syscall.SIGTERM

// CanIgnoreSignal tells whether a signal concerns the executor alone, and not the step that it runs.
func CanIgnoreSignal(signal os.Signal) bool {
	return signal == syscall.SIGCHLD || signal == syscall.SIGURG
}

// Setpgid lets a process be the first of a group of its own.
func Setpgid(attributes *syscall.SysProcAttr) {
	attributes.Setpgid = true
}

// Kill sends a signal to a process and to its group, if it leads one.
func Kill(pid int, signal syscall.Signal) error {
	if group, err := syscall.Getpgid(pid); err == nil && group == pid {
		return syscall.Kill(-group, signal)
	}
	return syscall.Kill(pid, signal)
}

// Wait returns nil once a process has ended well, or its exit code as an error; 128 and more for a signal.
func Wait(process *os.Process) error {
	state, err := process.Wait()
	if err != nil {
		return err
	}
	if status, known := state.Sys().(syscall.WaitStatus); known && status.Signaled() {
		return errors.NewExitErr(128 + int(status.Signal()))
	}
	return errors.NewExitErr(state.ExitCode())
}
