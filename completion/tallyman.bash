# bash completion for tallyman; asks the program itself, so it is never out of date.
_tallyman() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]} verb=${COMP_WORDS[1]}

	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "$("$program" --help 2>/dev/null |
			sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p') --help --version" -- "$cur"))
		return
	fi
	case $prev in
	--timeout)
		COMPREPLY=($(compgen -S = -W 'tcp-new tcp-established tcp-closed udp-new
			udp-established icmp other fragment interim' -- "$cur"))
		compopt -o nospace
		return
		;;
	esac
	case $cur in
	-*)
		COMPREPLY=($(compgen -W "$("$program" "$verb" --help 2>/dev/null |
			sed -n 's/^ \{2,6\}\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p')" -- "$cur"))
		;;
	*) COMPREPLY=($(compgen -f -- "$cur")) ;;
	esac
}
complete -o filenames -F _tallyman tallyman
