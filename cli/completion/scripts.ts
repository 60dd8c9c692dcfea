/**
 * Writes completion scripts for shells. Each first walks over the words before the cursor, to find
 * the command and whether a flag waits for its value; then it offers what may come next.
 */
import type { CommandNode, Flag } from './command-tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, (tree: readonly CommandNode[]) => string>> = {
  bash,
  zsh,
  fish,
};

export function completionScript(shell: Shell, tree: readonly CommandNode[]): string {
  return SCRIPTS[shell](tree);
}

function bash(tree: readonly CommandNode[]): string {
  const values = valuesOf(tree).map(({ words, value }) =>
    value === 'files'
      ? `      ${words}) _stowage_files ;;`
      : `      ${words}) COMPREPLY=($(compgen -W ${quote(value.join(' '))} -- "$cur")) ;;`,
  );
  const nodes = tree.map((node) => {
    const named = [...node.subcommands, ...node.flags].map(({ name }) => name);
    const words = [...named, ...node.choices].join(' ');
    const files = node.takesFiles ? ' [[ $cur == -* ]] || _stowage_files;' : '';
    return `    ${quote(node.path)}) COMPREPLY=($(compgen -W ${quote(words)} -- "$cur"));${files} ;;`;
  });
  return `# Completion of stowage for bash. To use it: source <(stowage completion bash)
_stowage_files() {
  local IFS=$'\\n'
  COMPREPLY+=($(compgen -f -- "$cur"))
  compopt -o filenames 2>/dev/null
}
_stowage() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} command='' word='' waits=0 i
  COMPREPLY=()
${choose({ loop: '((i = 1; i < COMP_CWORD; i++))', words: 'COMP_WORDS' }, tree, values, nodes)}
}
complete -F _stowage stowage
`;
}

function zsh(tree: readonly CommandNode[]): string {
  const values = valuesOf(tree).map(({ words, value }) =>
    value === 'files'
      ? `      ${words}) _files ;;`
      : `      ${words}) compadd -- ${value.map(quote).join(' ')} ;;`,
  );
  const described = ({ name, about }: { readonly name: string; readonly about: string }) =>
    quote(`${name}:${about}`);
  const nodes = tree.map(
    (node) => `    ${quote(node.path)})
      commands=(${[...node.subcommands.map(described), ...node.choices.map(quote)].join(' ')})
      flags=(${node.flags.map(described).join(' ')})
      files=${node.takesFiles ? 1 : 0} ;;`,
  );
  return `#compdef stowage
# Completion of stowage for zsh. To use it: source <(stowage completion zsh)
_stowage() {
  local command='' word='' waits=0 files=0 i
  local -a commands flags
${choose({ loop: '((i = 2; i < CURRENT; i++))', words: 'words' }, tree, values, nodes)}
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -o flag flags
  elif ((files)); then
    _files
  elif ((\${#commands})); then
    _describe command commands
  fi
}
if [[ \${funcstack[1]} == _stowage ]]; then _stowage "$@"; else compdef _stowage stowage; fi
`;
}

function fish(tree: readonly CommandNode[]): string {
  const lines = tree.flatMap((node) => {
    const at = `-n ${quoteForFish(`__stowage_at ${quoteForFish(node.path)}`)}`;
    return [
      ...node.subcommands.map(
        ({ name, about }) => `complete -c stowage ${at} -a ${name} -d ${quoteForFish(about)}`,
      ),
      ...node.choices.map((choice) => `complete -c stowage ${at} -a ${choice}`),
      ...node.flags.map((flag) => `complete -c stowage ${at} ${fishFlag(flag)}`),
      ...(node.takesFiles ? [`complete -c stowage ${at} -F`] : []),
    ];
  });
  const moves = tree.flatMap(({ path, subcommands }) =>
    subcommands
      .filter(({ name }) => tree.some((node) => node.path === below(path, name)))
      .map(
        ({ name }) => `      case ${quoteForFish(`${path} ${name}`)}
        set command ${quoteForFish(below(path, name))}`,
      ),
  );
  return `# Completion of stowage for fish. To use it: stowage completion fish | source
function __stowage_at
  set -l command ''
  set -l waits 0
  for word in (commandline -opc)[2..-1]
    if test $waits = 1
      set waits 0
      continue
    end
    switch "$command $word"
${moves.join('\n')}
      case ${waitingFlags(tree).map(quoteForFish).join(' ')}
        set waits 1
    end
  end
  test "$command" = "$argv[1]"
end
complete -c stowage -f
${lines.join('\n')}
`;
}

function fishFlag({ name, about, value }: Flag): string {
  const flag = name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
  const words = typeof value === 'object' ? ` -a ${quoteForFish(value.join(' '))}` : '';
  const takes = value === undefined ? '' : value === 'files' ? ' -r -F' : ' -x';
  return `${flag}${takes}${words} -d ${quoteForFish(about)}`;
}

/**
 * For bash and zsh: finds the command and a flag that waits for its value, then runs the branch of
 * that flag, or of the command.
 * @param values the branches of flags
 * @param nodes the branches of commands
 */
function choose(
  shell: { readonly loop: string; readonly words: string },
  tree: readonly CommandNode[],
  values: readonly string[],
  nodes: readonly string[],
): string {
  return `  for ${shell.loop}; do
    if ((waits)); then waits=0; continue; fi
    word=\${${shell.words}[i]}
    case "$command $word" in
${moves(tree).join('\n')}
    esac
  done
  if ((waits)); then
    case "$command $word" in
${values.join('\n')}
    esac
    return
  fi
  case "$command" in
${nodes.join('\n')}
  esac`;
}

/** The branches from a command to one below it, and to a flag that waits for its value. */
function moves(tree: readonly CommandNode[]): readonly string[] {
  const commands = tree
    .filter(({ path }) => path !== '')
    .map(({ path }) => {
      const above = path.split(' ').slice(0, -1).join(' ');
      const name = path.split(' ').at(-1);
      return `      ${quote(`${above} ${name}`)}) command=${quote(path)} ;;`;
    });
  return [...commands, `      ${waitingFlags(tree).map(quote).join('|')}) waits=1 ;;`];
}

/** `push --version`, for every flag that needs a value. */
function waitingFlags(tree: readonly CommandNode[]): readonly string[] {
  return tree.flatMap(({ path, flags }) =>
    flags.filter(({ value }) => value !== undefined).map(({ name }) => `${path} ${name}`),
  );
}

/** The values that can be offered; for bash and zsh. */
function valuesOf(tree: readonly CommandNode[]) {
  return tree.flatMap(({ path, flags }) =>
    flags.flatMap(({ name, value }) =>
      value === 'files' || typeof value === 'object'
        ? [{ words: quote(`${path} ${name}`), value }]
        : [],
    ),
  );
}

function below(path: string, name: string): string {
  return `${path} ${name}`.trim();
}

/** For POSIX shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
