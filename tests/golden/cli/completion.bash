# bash completion of kubectl-berth; load it with:
#   source <(kubectl-berth completion bash)
_kubectl_berth() {
  local line="${COMP_LINE:0:COMP_POINT}" current directive before=
  local -a words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  current="${words[-1]}"
  mapfile -t COMPREPLY < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  ((${#COMPREPLY[@]})) || return
  directive="${COMPREPLY[-1]}"
  unset "COMPREPLY[-1]"
  COMPREPLY=("${COMPREPLY[@]%%$'\t'*}") # a meaning follows behind a tab
  if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then
    before="${current%"${current##*=}"}" # bash puts in what stands behind it
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
  fi
  [[ $directive != :0 ]] || compopt -o default # names of files
}
complete -F _kubectl_berth kubectl-berth
