import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Fault } from '../fault.ts';
import type { Source } from './source.ts';

const run = promisify(execFile);
const MAX_BYTES = 64 * 1024 * 1024;

/** Whichever of these is there builds the kustomization. */
const BUILDERS: readonly (readonly [command: string, ...args: string[]])[] = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
];

/**
 * What `kubectl kustomize` makes of a directory, or `kustomize build` where there is no kubectl.
 *
 * @throws Fault where neither is installed, or it fails.
 */
export async function kustomized(directory: string): Promise<Source> {
  if (directory.startsWith('-')) throw new Fault(`-k names "${directory}", which is no directory: write ./${directory}.`);
  for (const [command, ...args] of BUILDERS) {
    try {
      const { stdout } = await run(command, [...args, directory], { maxBuffer: MAX_BYTES });
      return { name: `kustomize(${directory})`, text: stdout };
    } catch (error) {
      if (isMissing(error)) continue;
      throw new Fault(`"${[command, ...args, directory].join(' ')}" fails: ${wordsOf(error)}`, { cause: error });
    }
  }
  throw new Fault('-k needs kubectl or kustomize, and neither is found: install one, or give its output with -f -.');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function wordsOf(error: unknown): string {
  const written = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return (written === '' ? String(error) : written).replace(/^[Ee]rror: /, '');
}
