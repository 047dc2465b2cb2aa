import { invokedAs } from '../invoked-as.ts';
import { print } from '../output.ts';
import { requireOneOf } from '../values.ts';

/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Prints the script of a shell. What is offered is decided by `janus __complete`, the same for all. */
export function completion(shell: string): void {
  print(scriptFor(requireOneOf('SHELL', shell, SHELLS)));
}

/** Lines of `__complete` are `word<TAB>meaning`. */
export function scriptFor(shell: (typeof SHELLS)[number], self: string = invokedAs()): string {
  // kubectl completes its plugins by itself; the script is for the command of its own.
  const name = self === 'janus' ? 'janus' : 'kubectl-janus';
  return SCRIPTS[shell].replaceAll('janus', name).replaceAll(`_${name}`, '_janus');
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# bash completion for janus
_janus() {
  COMPREPLY=()
  local line
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(janus __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _janus janus`,
  zsh: `#compdef janus
# zsh completion for janus
_janus() {
  local line
  local -a offers
  while IFS= read -r line; do
    offers+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(janus __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#offers} )); then _describe janus offers; else _files; fi
}
compdef _janus janus`,
  fish: `# fish completion for janus
function __janus_offers
  set -l words (commandline -opc) (commandline -ct)
  janus __complete $words[2..] 2>/dev/null
end
complete -c janus -f -a '(__janus_offers)'
complete -c janus -s f -l file -r -F
complete -c janus -l kubeconfig -r -F`,
};
