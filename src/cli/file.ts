import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Fault } from './fault.ts';

/**
 * The text of a file, or of stdin for `-`.
 *
 * @throws Fault where there is no such file, it cannot be read, or is not UTF-8.
 */
export async function readText(path: string): Promise<string> {
  const bytes = path === '-' ? await buffer(process.stdin) : await readFile(path).catch((error: unknown) => refuse(path, error));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Fault(`${nameOf(path)} is not text in UTF-8: save it as UTF-8 and try again.`, { cause: error });
  }
}

/** What to call a `-f` argument in messages. */
export function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: check the path given with -f',
  EISDIR: 'it is a directory: name one file, or join them with "cat DIR/*.yaml" and use -f -',
  EACCES: 'you may not read it: check its permissions',
};

function refuse(path: string, error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  throw new Fault(`Cannot read ${path}: ${WORDS[code] ?? code}.`, { cause: error });
}
