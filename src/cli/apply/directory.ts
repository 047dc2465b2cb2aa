import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../fault.ts';

const MANIFEST = /\.(ya?ml|json)$/;

/**
 * The file itself, or the manifests (.yaml, .yml, .json) in a directory, by name. As with kubectl, links to directories are not
 * followed, so that nothing is read twice and nothing goes on for ever; links to files are.
 *
 * @throws Fault where a directory holds no manifest.
 */
export async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  if (!(await isDirectory(path))) return [path];
  const files = await manifestsIn(path, recursive);
  if (files.length > 0) return files;
  throw new Fault(
    `There is no .yaml, .yml or .json file in ${path}${recursive ? ' or below it' : ': with -R the directories in it are read too'}.`,
  );
}

async function manifestsIn(directory: string, recursive: boolean): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(async (entry) => {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) return recursive ? manifestsIn(path, recursive) : [];
        // Volumes of ConfigMaps hold links; one that leads to a directory is none of ours.
        return MANIFEST.test(entry.name) && !(await isDirectory(path)) ? [path] : [];
      }),
  );
  return found.flat();
}

/** False too for what is not there: reading it says why. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
