#compdef kubectl-berth
# zsh completion of kubectl-berth; load it with:
#   source <(kubectl-berth completion zsh)
_kubectl_berth() {
  local line directive
  local -a candidates
  for line in "${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :*) directive="$line" ;;
      *) candidates+=("${${line//:/\\:}/$'\t'/:}") ;; # a meaning follows behind a tab
    esac
  done
  (( ! ${#candidates} )) || _describe -V berth candidates
  [[ "$directive" != :0 ]] || { compset -P '*='; _files; } # names of files
}
compdef _kubectl_berth kubectl-berth
