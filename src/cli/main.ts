import { CommanderError } from 'commander';
import { normalizeArgv } from './argv.ts';
import { exitCode, TWO_CODES_ONLY, type ExitName } from './exit-codes.ts';
import { asTyped } from './invoked-as.ts';
import { complain } from './output.ts';
import { createProgram, switchesOf } from './program.ts';
import { commandsIn, usageFault } from './usage.ts';

// `janus list -A | head -1` closes the pipe early; that is no fault.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const program = createProgram();
const typed = process.argv.slice(2);
const argv = normalizeArgv(typed, switchesOf(program));
try {
  if (typed[0] === '__complete') await (await import('./completion/complete.ts')).complete(typed.slice(1));
  else await program.parseAsync(argv, { from: 'user' });
} catch (error) {
  const { exit, words } = error instanceof CommanderError ? usageEnd(error) : await endOf(error);
  if (words !== undefined) complain(asTyped(words));
  const twoOnly = commandsIn(program, argv).some((command) => TWO_CODES_ONLY.has(command.name()));
  process.exitCode = Math.min(exitCode(exit), twoOnly ? 1 : Infinity);
}

interface End {
  readonly exit: ExitName;
  readonly words: string | undefined;
}

function usageEnd(error: CommanderError): End {
  return { exit: error.exitCode === 0 ? 'done' : 'usage', words: usageFault(error, program, argv) };
}

async function endOf(error: unknown): Promise<End> {
  const [{ explain }, { exitOf }] = await Promise.all([import('./explain.ts'), import('./exit-of.ts')]);
  const debugging = (process.env['JANUS_DEBUG'] ?? '') !== '';
  const trace = debugging && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const words =
    explain(error) ??
    `${error instanceof Error ? error.message : String(error)}. This is a fault in janus: please report it, with what the same command prints when JANUS_DEBUG=1 is set.`;
  return { exit: exitOf(error), words: words + trace };
}
