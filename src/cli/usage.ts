import type { Command, CommanderError } from 'commander';

/**
 * A sentence for what commander found wrong with the arguments, and where to read what they may be. Undefined where it has printed
 * help: that says it all.
 */
export function usageFault(error: CommanderError, program: Command, argv: readonly string[]): string | undefined {
  if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
  const help = `"${commandPath(program, argv)} --help" shows what it takes.`;
  const words = error.message
    .replace(/^error: /, '')
    .replace(/\n?\(Did you mean (one of )?(.*?)\?\)/, ' (did you mean $2?)')
    .trim()
    .replace(/\.$/, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}: ${help}`;
}

/** `janus recover apply`: the deepest command that the arguments name. */
function commandPath(program: Command, argv: readonly string[]): string {
  return [program, ...commandsIn(program, argv)].map((command) => command.name()).join(' ');
}

/** The commands that the arguments name, each of the one before it. */
export function commandsIn(program: Command, argv: readonly string[]): readonly Command[] {
  const path: Command[] = [];
  let command: Command = program;
  for (const word of argv) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined) continue;
    path.push(next);
    command = next;
  }
  return path;
}
