// Berth's control plane for tests: the real Kubernetes components in one binary.
//
// One file on disk, one process per component: `berth-kubernetes apiserver --flag ...`, or a symbolic
// link whose name is the component's (`kubectl get nodes`). The components never share a process,
// because each of them owns the global logger, feature gates, configz and metric registries.
//
// Nothing is changed in the components: every case below is the body of the upstream main function, as
// far as all versions in versions/ have it. kubectl of 1.34 and newer begins by reading the log level by
// hand, for what it logs before it parses flags; that is left out.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // time zones of CronJobs, as in the upstream programs

	"github.com/spf13/cobra"
	etcd "go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl: exec and OIDC credentials
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go metrics on /metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // kubernetes_build_info on /metrics
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// components maps the name of a component to its main function, which never returns.
var components = map[string]func(){
	"apiserver":          func() { runComponent(apiserver.NewAPIServerCommand()) },
	"controller-manager": func() { runComponent(controllermanager.NewControllerManagerCommand()) },
	"scheduler":          func() { runComponent(scheduler.NewSchedulerCommand()) },
	"etcd":               func() { etcd.Main(os.Args) },
	"kubectl":            runKubectl,
}

func main() {
	if run, found := components[filepath.Base(os.Args[0])]; found {
		run()
		return
	}
	if len(os.Args) >= 2 {
		if run, found := components[os.Args[1]]; found {
			os.Args = os.Args[1:]
			run()
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: berth-kubernetes apiserver|scheduler|controller-manager|etcd|kubectl [FLAG...]")
	os.Exit(2)
}

func runComponent(command *cobra.Command) {
	os.Exit(cli.Run(command))
}

func runKubectl() {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
}
