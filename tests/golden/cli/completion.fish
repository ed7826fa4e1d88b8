# fish completion of kubectl-berth; load it with:
#   kubectl-berth completion fish | source
complete -c kubectl-berth -f
complete -c kubectl-berth -s h -l help -d 'Print this help message and exit'
complete -c kubectl-berth -l version -d 'Display program version information and exit'
complete -c kubectl-berth -l kubeconfig -d 'kubeconfig file; default: $KUBECONFIG, else ~/.kube/config'
complete -c kubectl-berth -l context -d 'context of the kubeconfig'
complete -c kubectl-berth -s n -l namespace -d 'namespace; default: the context'\''s for explain, all for queue'
complete -c kubectl-berth -s o -l output -x -a 'json wide yaml' -d 'json, yaml or wide'
complete -c kubectl-berth -l color -x -a 'always auto never' -d 'auto (on a terminal), always or never'
complete -c kubectl-berth -l request-timeout-seconds -d 'how long one request to the API server may take'
complete -c kubectl-berth -n __fish_use_subcommand -a status -d 'Show pools, the quota tree and reservations: what is taken, promised and used'
complete -c kubectl-berth -n __fish_use_subcommand -a queue -d 'Show who waits, in the order of their turn'
complete -c kubectl-berth -n __fish_use_subcommand -a explain -d 'Say why a pod or gang waits, or how it was admitted'
complete -c kubectl-berth -n __fish_use_subcommand -a version -d 'Print the version'
complete -c kubectl-berth -n '__fish_seen_subcommand_from version' -l server -d 'ask the API server for its version too'
complete -c kubectl-berth -n __fish_use_subcommand -a completion -d 'Print the completion script of a shell'
complete -c kubectl-berth -n '__fish_seen_subcommand_from completion' -a 'bash fish zsh'
