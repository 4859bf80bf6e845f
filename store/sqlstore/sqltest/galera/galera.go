// Package galera tests the store on a Galera cluster: three MariaDB nodes that are written all at once, started by cluster.sh.
package galera

import (
	_ "embed"
	"errors"
	"os/exec"
	"strings"
)

//go:embed cluster.sh
var script string

// Missing reports what a cluster needs that is not on this machine, or which of its ports is taken, nil if nothing is in its way that
// can be seen before it starts.
func Missing() error {
	cmd := exec.Command("bash", "-s", "check")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return errors.New(strings.TrimPrefix(strings.TrimSpace(string(out)), "galera: "))
	}
	return err
}
