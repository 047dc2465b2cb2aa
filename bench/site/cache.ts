import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache directory for what the benchmark builds, made where it is missing. */
export async function benchCache(): Promise<string> {
  const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'janus', 'bench');
  await mkdir(directory, { recursive: true });
  return directory;
}
