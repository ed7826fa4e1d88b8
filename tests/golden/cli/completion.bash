# bash completion of kubectl-berth; load it with:
#   source <(kubectl-berth completion bash)
_kubectl_berth() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  local words="status queue explain history health doctor set-quota burst reserve recommendations top calendar monitor export release simulate replay version completion" common="--help --version --kubeconfig --context --namespace --output --color --request-timeout-seconds" word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
    status) words=" --watch" ;;
    queue) words=" --watch" ;;
    explain) words=" --what-if --no-changes --log" ;;
    history) words=" --log --quota --since --export" ;;
    health) words=" --extender" ;;
    doctor) words=" " ;;
    set-quota) words=" --pool --resource --nominal --borrowing-limit --lending-limit --dry-run" ;;
    burst) words=" --end --for --factor --resource --dry-run" ;;
    reserve) words=" --pool --quota --amount --nodes --start --schedule --time-zone --for --allow-quota --allow-namespace --lead-time --overrun --keep-idle --wait --timeout --active" ;;
    recommendations) words=" --all --dry-run --watch" ;;
    top) words="pools quotas workloads --sort" ;;
    calendar) words=" --ahead" ;;
    monitor) words=" --interval-seconds --count" ;;
    export) words=" --format" ;;
    release) words=" --gates --finalizers --wait --timeout" ;;
    simulate) words=" --kueue --log --openb --pods --strategy --load --seeds --picture" ;;
    replay) words=" --quota --policy --from --to" ;;
    version) words=" --server" ;;
    completion) words="bash fish zsh " ;;
    esac
  done
  case "$previous" in
    --output|-o) words="json wide yaml" common= ;;
    --color) words="always auto never" common= ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words $common" -- "$current")
}
complete -F _kubectl_berth kubectl-berth
