module berth.dev/bench/naive-extender

go 1.24
