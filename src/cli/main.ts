import { CommanderError } from 'commander';
import { normalizeArgv } from './argv.ts';
import { complain } from './output.ts';
import { createProgram, switchesOf } from './program.ts';
import { usageFault } from './usage.ts';

// `janus create … | head -0` closes the pipe early; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const program = createProgram();
const argv = normalizeArgv(process.argv.slice(2), switchesOf(program));
try {
  await program.parseAsync(argv, { from: 'user' });
} catch (error) {
  const words = error instanceof CommanderError ? usageFault(error, program, argv) : await wordsFor(error);
  if (words !== undefined) complain(words);
  process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
}

async function wordsFor(error: unknown): Promise<string> {
  const { explain } = await import('./explain.ts');
  const debugging = (process.env['JANUS_DEBUG'] ?? '') !== '';
  const trace = debugging && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const words =
    explain(error) ??
    `${error instanceof Error ? error.message : String(error)}. This is a fault in janus: please report it, with what the same command prints when JANUS_DEBUG=1 is set.`;
  return words + trace;
}
