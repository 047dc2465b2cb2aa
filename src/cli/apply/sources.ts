import { UsageFault } from '../fault.ts';
import { gatherAsync } from '../faults.ts';
import { nameOf, readText } from '../file.ts';
import type { SourceFlags } from '../flags/sources.ts';
import { filesOf } from './directory.ts';
import { kustomized } from './kustomize.ts';
import type { Source } from './source.ts';
import { fetchText, isUrl } from './url.ts';

/**
 * Reads everything that the flags name, in their order.
 *
 * @throws Fault with a line for each that cannot be read.
 */
export async function readSources(flags: SourceFlags): Promise<readonly Source[]> {
  const { filename = [], kustomize, recursive = false } = flags;
  if (filename.length === 0 && kustomize === undefined) {
    throw new UsageFault(
      'It is not said where the manifests are: name a file, a directory, a URL or - for stdin with -f, or a kustomization with -k.',
    );
  }
  if (filename.filter((one) => one === '-').length > 1)
    throw new UsageFault('-f - is given twice, and stdin can be read once: leave one out.');
  if (recursive && filename.length === 0) throw new UsageFault('-R goes with -f: a kustomization names its files itself.');
  const files = await gatherAsync(filename, (one) => readOne(one, recursive));
  return [...files.flat(), ...(kustomize === undefined ? [] : [await kustomized(kustomize)])];
}

async function readOne(place: string, recursive: boolean): Promise<readonly Source[]> {
  if (isUrl(place)) return [await fetchText(place)];
  const files = place === '-' ? [place] : await filesOf(place, recursive);
  return gatherAsync(files, async (file) => ({ name: nameOf(file), text: await readText(file) }));
}
