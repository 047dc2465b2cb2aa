import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { benchCache } from './cache.ts';
import { find, run } from './command.ts';

/** A package of a public Go module. */
export interface GoProgram {
  /** Import path of the main package. */
  readonly path: string;
  readonly version: string;
}

/**
 * The path of the program's binary: from the cache, or built there by `go install`, which takes minutes the first time.
 * Where that cannot be done it says why in a sentence.
 */
export async function goInstall(program: GoProgram): Promise<{ readonly binary: string } | { readonly missing: string }> {
  const directory = join(await benchCache(), `${basename(program.path)}-${program.version}`);
  const binary = join(directory, basename(program.path));
  if (await exists(binary)) return { binary };
  if ((await find('go')) === undefined) return { missing: 'there is no Go on PATH to build it with' };
  process.stderr.write(`building ${program.path}@${program.version}, once …\n`);
  const built = await run('nice', ['go', 'install', `${program.path}@${program.version}`], {
    env: { GOFLAGS: '-mod=mod', GOBIN: directory },
  });
  if (built.code === 0) return { binary };
  return { missing: `go install ${program.path}@${program.version} failed: ${complaint(built.stderr)}` };
}

/** What `go` complained of in one line: its output without the lines that only tell of downloads. */
export function complaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('go: downloading'));
  return lines.slice(-2).join(' ').replaceAll(/\s+/g, ' ').trim();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
