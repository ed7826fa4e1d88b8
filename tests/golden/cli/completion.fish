# fish completion of kubectl-berth; load it with:
#   kubectl-berth completion fish | source
function __kubectl_berth_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[-1]" = :0 # names of files
        __fish_complete_path "$current"
    end
    set -e lines[-1]
    printf '%s\n' $lines
end
complete -c kubectl-berth -f -a '(__kubectl_berth_complete)'
