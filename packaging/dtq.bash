# shellcheck shell=bash
# Completion for bash: of dtq by dtq itself, of dtq-master and dtq-worker by their --help.

# The words of the command line up to the cursor, into the array that $1 names. bash has divided
# them at = and :, too; what no blank divides is one word.
_dtq_words()
{
    local -n into=$1
    local rest=${COMP_LINE:0:COMP_POINT} i part
    into=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if [[ $i = 0 || $rest = [[:blank:]]* ]]; then
            rest=${rest#"${rest%%[![:blank:]]*}"}
            into+=("")
        fi
        # the word at the cursor may go on behind it
        [[ $rest = "$part"* ]] || part=$rest
        into[-1]+=$part
        rest=${rest#"$part"}
    done
}

# Offers the lines of $2 for the word $1. bash replaces only what is behind the last character that
# divides words for it; a quote that is open stays.
_dtq_offer()
{
    local word=$1 quote='' reply last cut=''
    case $word in
    \'* | \"*) quote=${word:0:1} ;;
    *) [[ $word != *[=:]* ]] || cut=${word%"${word##*[=:]}"} ;;
    esac
    [[ $COMP_WORDBREAKS = *=* && $COMP_WORDBREAKS = *:* ]] || cut=''
    while IFS= read -r reply; do
        [[ $reply ]] || continue
        last=${reply: -1}
        reply=${reply#"$cut"}
        if [[ ! $quote ]]; then
            printf -v reply %q "$reply"
            reply=${reply/#\\~\//\~/}
        fi
        [[ $quote || $last = [=:_/] ]] || reply+=' '
        COMPREPLY+=("$reply")
    done <<<"$2"
    # with one choice bash would close the quote; more fields may follow
    [[ ! $quote || ${#COMPREPLY[@]} != 1 ]] || COMPREPLY+=("${COMPREPLY[0]}|")
    compopt -o nospace 2>/dev/null
}

_dtq()
{
    local words word
    COMPREPLY=()
    _dtq_words words
    word=${words[-1]}
    words[-1]=${word#[\'\"]}
    _dtq_offer "$word" "$("$1" __complete "${words[@]:1}" 2>/dev/null)"
}

_dtq_member()
{
    local words word options
    COMPREPLY=()
    _dtq_words words
    word=${words[-1]}
    case ${words[-2]-} in
    --data-dir | --cache-dir)
        _dtq_offer "$word" "$(compgen -d -S / -- "$word")"
        return ;;
    esac
    [[ $word = -* ]] || return 0
    options=$("$1" --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*')
    _dtq_offer "$word" "$(compgen -W "$options" -- "$word")"
}

complete -F _dtq dtq dtq-producer
complete -F _dtq_member dtq-master dtq-worker
