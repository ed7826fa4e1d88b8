module berth.dev/bench/pod-load

go 1.24
