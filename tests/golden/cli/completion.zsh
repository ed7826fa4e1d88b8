#compdef kubectl-berth
# zsh completion of kubectl-berth; load it with:
#   source <(kubectl-berth completion zsh)
_kubectl_berth() {
  local -a commands
  commands=(
    'status:Show pools, the quota tree and reservations: what is taken, promised and used'
    'queue:Show who waits, in the order of their turn'
    'explain:Say why a pod or gang waits, or how it was admitted'
    'simulate:Try out placement or a whole cluster without one: from a file'
    'version:Print the version'
    'completion:Print the completion script of a shell'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
    status) _arguments '(-h --help)'{-h,--help}'[Print this help message and exit]' --version'[Display program version information and exit]' --kubeconfig'[kubeconfig file; default: $KUBECONFIG, else ~/.kube/config]' --context'[context of the kubeconfig]' '(-n --namespace)'{-n,--namespace}'[namespace; default: the context'\''s for explain, all for queue]' '(-o --output)'{-o,--output}'[json, yaml or wide]:value:(json wide yaml)' --color'[auto (on a terminal), always or never]:value:(always auto never)' --request-timeout-seconds'[how long one request to the API server may take]' ;;
    queue) _arguments '(-h --help)'{-h,--help}'[Print this help message and exit]' --version'[Display program version information and exit]' --kubeconfig'[kubeconfig file; default: $KUBECONFIG, else ~/.kube/config]' --context'[context of the kubeconfig]' '(-n --namespace)'{-n,--namespace}'[namespace; default: the context'\''s for explain, all for queue]' '(-o --output)'{-o,--output}'[json, yaml or wide]:value:(json wide yaml)' --color'[auto (on a terminal), always or never]:value:(always auto never)' --request-timeout-seconds'[how long one request to the API server may take]' ;;
    explain) _arguments --what-if'[say whether it would start with this change, written as explain writes changes; may be given several times]' --no-changes'[do not look for what would let it start, which reads all pods and nodes]' '(-h --help)'{-h,--help}'[Print this help message and exit]' --version'[Display program version information and exit]' --kubeconfig'[kubeconfig file; default: $KUBECONFIG, else ~/.kube/config]' --context'[context of the kubeconfig]' '(-n --namespace)'{-n,--namespace}'[namespace; default: the context'\''s for explain, all for queue]' '(-o --output)'{-o,--output}'[json, yaml or wide]:value:(json wide yaml)' --color'[auto (on a terminal), always or never]:value:(always auto never)' --request-timeout-seconds'[how long one request to the API server may take]' ;;
    simulate) _arguments --kueue'[a generator file of Kueue'\''s performance test instead]' --openb'[a folder with an openb GPU trace instead: pack its pods onto its nodes]' --pods'[with --openb: another list of pods]' --strategy'[with --openb: the placement strategy]:value:(FirstFit BestFit FirstFitDecreasing WorstFit LeastLoaded MostCapacity Balanced FragmentationAware PriorityBased FairShare CostAware LoadAware)' --load'[with --openb: GPUs asked for, in percent of those that there are]' --seeds'[with --openb: one seed or a range of them]' --picture'[draw the schedule into this file: NAME.html or NAME.svg]' '(-h --help)'{-h,--help}'[Print this help message and exit]' --version'[Display program version information and exit]' --kubeconfig'[kubeconfig file; default: $KUBECONFIG, else ~/.kube/config]' --context'[context of the kubeconfig]' '(-n --namespace)'{-n,--namespace}'[namespace; default: the context'\''s for explain, all for queue]' '(-o --output)'{-o,--output}'[json, yaml or wide]:value:(json wide yaml)' --color'[auto (on a terminal), always or never]:value:(always auto never)' --request-timeout-seconds'[how long one request to the API server may take]' ;;
    version) _arguments --server'[ask the API server for its version too]' '(-h --help)'{-h,--help}'[Print this help message and exit]' --version'[Display program version information and exit]' --kubeconfig'[kubeconfig file; default: $KUBECONFIG, else ~/.kube/config]' --context'[context of the kubeconfig]' '(-n --namespace)'{-n,--namespace}'[namespace; default: the context'\''s for explain, all for queue]' '(-o --output)'{-o,--output}'[json, yaml or wide]:value:(json wide yaml)' --color'[auto (on a terminal), always or never]:value:(always auto never)' --request-timeout-seconds'[how long one request to the API server may take]' ;;
    completion) _arguments '(-h --help)'{-h,--help}'[Print this help message and exit]' --version'[Display program version information and exit]' --kubeconfig'[kubeconfig file; default: $KUBECONFIG, else ~/.kube/config]' --context'[context of the kubeconfig]' '(-n --namespace)'{-n,--namespace}'[namespace; default: the context'\''s for explain, all for queue]' '(-o --output)'{-o,--output}'[json, yaml or wide]:value:(json wide yaml)' --color'[auto (on a terminal), always or never]:value:(always auto never)' --request-timeout-seconds'[how long one request to the API server may take]' '1:value:(bash fish zsh)' ;;
  esac
}
compdef _kubectl_berth kubectl-berth
